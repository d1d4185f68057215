"""Which recipes do each task type; the first that accepts a checkpoint is taken."""

from tools.backends.local.audio import (
    AudioClassification,
    SpeechRecognition,
    TextToAudio,
    TextToSpeech,
    VoiceConversion,
    ZeroShotAudioClassification,
)
from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.control import ControlledTextToImage, NormalMap
from tools.backends.local.diffusion import ImageEditing, ImageToImage, ImageToVideo, TextToImage, TextToVideo
from tools.backends.local.embedding import FeatureExtraction, SentenceSimilarity, TextRanking
from tools.backends.local.generation import Conversational, Seq2Seq, Summarization, TextGeneration, Translation
from tools.backends.local.image import (
    Depth,
    ImageClassification,
    ImageFeatures,
    MaskGeneration,
    ObjectDetection,
    Segmentation,
    SuperResolution,
    ZeroShotImageClassification,
    ZeroShotObjectDetection,
)
from tools.backends.local.placement import framework
from tools.backends.local.pose import Keypoints, OpenPose, Pose
from tools.backends.local.recipe import Recipe
from tools.backends.local.tabular import TabularClassification
from tools.backends.local.text import (
    FillMask,
    QuestionAnswering,
    TableQuestionAnswering,
    TextClassification,
    TokenClassification,
    ZeroShotClassification,
)
from tools.backends.local.video import VideoClassification
from tools.backends.local.vision_language import (
    Caption,
    Chat,
    Describe,
    DocumentQuestionAnswering,
    EncoderDecoderCaption,
    VisualAnswer,
    VisualQuestionAnswering,
)
from tools.errors import ModelUnavailable

RECIPES: dict[str, tuple[Recipe, ...]] = {
    "text-classification": (TextClassification(),),
    "token-classification": (TokenClassification(),),
    "zero-shot-classification": (ZeroShotClassification(),),
    "question-answering": (QuestionAnswering(),),
    "table-question-answering": (TableQuestionAnswering(),),
    "summarization": (Summarization(),),
    "translation": (Translation(),),
    "text2text-generation": (Seq2Seq(),),
    "text-generation": (TextGeneration(),),
    "conversational": (Conversational(),),
    "fill-mask": (FillMask(),),
    "sentence-similarity": (SentenceSimilarity(),),
    "text-ranking": (TextRanking(),),
    "feature-extraction": (FeatureExtraction(),),
    "tabular-classification": (TabularClassification(),),
    "image-classification": (ImageClassification(),),
    "zero-shot-image-classification": (ZeroShotImageClassification(),),
    "object-detection": (ObjectDetection(),),
    "zero-shot-object-detection": (ZeroShotObjectDetection(),),
    "image-segmentation": (Segmentation(),),
    "mask-generation": (MaskGeneration(),),
    "depth-estimation": (Depth(),),
    "keypoint-detection": (Pose(), Keypoints()),
    "image-to-text": (EncoderDecoderCaption(), Describe(), Caption()),
    "image-text-to-text": (Chat(),),
    "visual-question-answering": (VisualQuestionAnswering(), VisualAnswer()),
    "document-question-answering": (DocumentQuestionAnswering(),),
    "image-feature-extraction": (ImageFeatures(),),
    "image-to-image": (SuperResolution(), ImageToImage()),
    "image-editing": (ImageEditing(),),
    "image-to-video": (ImageToVideo(),),
    "text-to-image": (TextToImage(),),
    "normal-control": (NormalMap(),),
    "openpose-control": (OpenPose(),),
    **{
        f"{kind}-text-to-image": (ControlledTextToImage(),)
        for kind in ("canny", "hed", "mlsd", "normal", "openpose", "depth", "seg")
    },
    "text-to-speech": (TextToSpeech(),),
    "text-to-audio": (TextToAudio(),),
    "automatic-speech-recognition": (SpeechRecognition(),),
    "audio-to-audio": (VoiceConversion(),),
    "audio-classification": (AudioClassification(),),
    "zero-shot-audio-classification": (ZeroShotAudioClassification(),),
    "text-to-video": (TextToVideo(),),
    "video-classification": (VideoClassification(),),
}


def recipe_for(task: str, checkpoint: Checkpoint) -> Recipe:
    """The recipe by which the checkpoint does the task. Raises ModelUnavailable where its classes cannot."""
    accepting = [recipe for recipe in RECIPES.get(task, ()) if recipe.accepts(checkpoint)]
    objections = [recipe.objection(checkpoint) for recipe in accepting]
    if None in objections:
        return accepting[objections.index(None)]
    if objections:
        raise ModelUnavailable(f"{checkpoint.model} {objections[0]} and cannot do {task}: choose another model.")
    framework()
    import transformers

    names = ", ".join(checkpoint.architectures) or "of no known class"
    if "auto_map" in checkpoint.config and not any(hasattr(transformers, a) for a in checkpoint.architectures):
        raise ModelUnavailable(
            f"{checkpoint.model} needs code from its own repository, which is never run: choose another."
        )
    raise ModelUnavailable(
        f"{checkpoint.model} is {names} and cannot do {task}: choose a model that was trained for it."
    )
