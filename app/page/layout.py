"""What is on the page, from top to bottom; what it does is in page.py."""

from pathlib import Path

import gradio as gr

from app.page.conversations import Past
from app.page.results import show_results

_FILES = Path(__file__).parents[2] / "examples"
NOTICE, PORTRAIT = str(_FILES / "notice.png"), str(_FILES / "astronaut.jpg")
EXAMPLES = [
    [{"text": "Read the notice aloud and tell me which language it is in.", "files": [NOTICE]}],
    [{"text": "Show me the outlines and the straight lines of this picture.", "files": [NOTICE]}],
    [{"text": "How many faces are in this picture?", "files": [PORTRAIT]}],
    [
        {
            "text": "Is the tone of “What a lovely place, I am glad I came” positive? Say it aloud, too.",
            "files": [],
        }
    ],
]


class Layout:
    """The components of the page, by name."""

    def __init__(self) -> None:
        with gr.Blocks(title="HuggingGPT", fill_height=True, analytics_enabled=False) as self.blocks:
            # What the browser keeps over reloads: who it is, and which conversation it was in.
            # Gradio scrambles it with a secret that is new in every process; a fixed one lets it outlive a restart.
            self.browser = gr.BrowserState(None, storage_key="hugginggpt-browser", secret="hugginggpt")  # noqa: S106
            self.thread = gr.BrowserState(None, storage_key="hugginggpt-conversation", secret="hugginggpt")  # noqa: S106
            self.past = gr.State(Past())
            self._sidebar()
            self._conversation()
            self._workflow()

    def _sidebar(self) -> None:
        with gr.Sidebar(label="Conversations", width=300):
            gr.Markdown("## HuggingGPT")
            self.new = gr.Button("New conversation", size="sm", elem_id="new")
            self.history = gr.Radio([], label="Conversations", elem_id="history", visible=False)
            self.files = gr.Files(label="Files of this conversation", interactive=False, visible=False, elem_id="files")
            with gr.Accordion("Settings", open=False):
                self.llm = gr.Textbox("auto", label="Controller", info="auto, offline, or provider:model")
                self.mode = gr.Dropdown(["auto", "local", "endpoint", "hybrid"], value="auto", label="Models run")
                self.approve = gr.Checkbox(label="Ask me before anything runs", elem_id="approve")

    def _conversation(self) -> None:
        self.chat = gr.Chatbot(
            show_label=False,
            elem_id="chat",
            height="56vh",
            min_height=220,
            placeholder="Ask for anything that models can do with words, pictures, sound and film.",
            feedback_options=("Like", "Dislike"),
        )
        with gr.Group(visible=False, elem_id="approval") as self.approval:
            gr.Markdown("**May this plan run?** You can change it first.", elem_classes="pad")
            self.question = gr.Textbox(show_label=False, interactive=False, lines=2, max_lines=12)
            self.proposal = gr.Code(language="json", label="Plan", interactive=True, max_lines=14)
            with gr.Row():
                self.reject = gr.Button("Do not run", elem_id="reject")
                self.run_it = gr.Button("Run", variant="primary", elem_id="run")
        with gr.Row(equal_height=True):
            self.box = gr.MultimodalTextbox(
                placeholder="Ask, and drop or paste files here",
                show_label=False,
                file_count="multiple",
                sources=["upload", "microphone"],
                autofocus=True,
                elem_id="box",
                scale=8,
            )
            self.stop = gr.Button("Stop", variant="stop", visible=False, elem_id="stop", scale=1, min_width=80)

    def _workflow(self) -> None:
        with gr.Accordion("Plan and timeline", open=True, visible=False, elem_id="workflow") as self.workflow:
            self.graph = gr.HTML(elem_id="plan")
            self.timeline = gr.HTML(elem_id="timeline")
        with gr.Accordion("Results one by one", open=False, visible=False, elem_id="results") as self.details:
            gr.render(inputs=[self.past], triggers=[self.past.change])(show_results)
        self.examples = gr.Examples(EXAMPLES, [self.box], label="Try one of these", elem_id="examples")
