"""What is on the page, from top to bottom; what is drawn there is in view.py, what it does in page.py."""

import gradio as gr

from app.page.conversations import Past
from app.page.examples import runnable
from app.page.gate import GuardedBlocks
from app.page.results import show_results
from graph.chat_models import choosable
from tools.files.formats import EXTENSIONS
from tools.models.catalog import offered

WELCOME = """## What shall models do for you?
Ask in your own words. Drop pictures, recordings, films, tables or documents into the box, or speak."""
MODES = [
    ("Wherever it can run", "auto"),
    ("On this machine", "local"),
    ("At Hugging Face endpoints", "endpoint"),
    ("Here first, then at endpoints", "hybrid"),
]


def _remembered(name: str) -> gr.BrowserState:
    # Gradio scrambles it with a secret that is new in every process; a fixed one lets it outlive a restart.
    return gr.BrowserState(None, storage_key=f"hugginggpt-{name}", secret="hugginggpt")  # noqa: S106 - hides nothing


class Layout:
    """The components of the page, by name."""

    def __init__(self) -> None:
        self.examples = runnable(offered())
        # Gradio copies what it shows; every hour, copies that nobody has asked for in a day are deleted.
        with GuardedBlocks(
            title="HuggingGPT", fill_height=True, analytics_enabled=False, delete_cache=(3600, 86400)
        ) as self.blocks:
            self._memory()
            self._sidebar()
            self._workflow()
            self._conversation()

    def _memory(self) -> None:
        """What the browser keeps over reloads: who it is, which conversation it was in, and its settings."""
        self.browser, self.thread, self.kept = map(_remembered, ("browser", "conversation", "settings"))
        self.past = gr.State(Past())
        self.judged = gr.State(None)

    def _sidebar(self) -> None:
        with gr.Sidebar(label="Conversations", width=300):
            gr.Markdown("## HuggingGPT")
            self.new = gr.Button("New conversation", size="sm", elem_id="new")
            self.search = gr.Textbox(label="Search conversations", max_lines=1, elem_id="search", visible=False)
            self.history = gr.Radio([], label="Conversations", elem_id="history", visible=False)
            with gr.Accordion("This conversation", open=False, elem_id="manage"):
                self.title = gr.Textbox(label="Name", max_lines=1, max_length=80, elem_id="title", submit_btn="Rename")
                self.delete = gr.Button("Delete with its messages", size="sm", variant="stop", elem_id="delete")
            self.given = gr.Files(label="Given", interactive=False, visible=False, elem_id="given")
            self.made = gr.Files(label="Made", interactive=False, visible=False, elem_id="made")
            with gr.Accordion("Settings", open=False, elem_id="settings"):
                self.llm = gr.Dropdown(
                    choosable(),
                    label="Controller",
                    info="Who plans and answers. HUGGINGGPT_CONTROLLERS names further ones.",
                    elem_id="controller",
                )
                self.mode = gr.Dropdown(MODES, value="auto", label="Models run")
                self.approve = gr.Checkbox(label="Ask me before anything runs", elem_id="approve")

    def _conversation(self) -> None:
        self.chat = gr.Chatbot(
            show_label=False,
            elem_id="chat",
            height=None,
            scale=1,
            min_height=180,
            placeholder=WELCOME,
            examples=[{"text": example.text, "files": [*example.files]} for example in self.examples],
            feedback_options=("Like", "Dislike"),
            buttons=["copy", "copy_all"],
            editable="user",
            allow_tags=False,
        )
        self.comment = gr.Textbox(
            label="Thank you. What was good or bad about it?",
            placeholder="Optional",
            max_length=4000,
            submit_btn="Send",
            visible=False,
            elem_id="comment",
        )
        self._approval()
        with gr.Row(visible=False, elem_id="unfinished") as self.unfinished:
            gr.Markdown("This request has not come to its end. What had finished is kept.", elem_classes="pad")
            self.go_on = gr.Button("Go on", variant="primary", elem_id="go-on", scale=0)
        self.box = gr.MultimodalTextbox(
            placeholder="Ask, and drop or paste files here",
            label="Your request",
            show_label=False,
            file_count="multiple",
            file_types=sorted(EXTENSIONS),
            max_plain_text_length=100_000,
            sources=["upload", "microphone"],
            autofocus=True,
            elem_id="box",
        )

    def _approval(self) -> None:
        with gr.Group(visible=False, elem_id="approval") as self.approval:
            self.question = gr.Markdown(elem_classes="pad")
            gr.render(inputs=[self.past])(self.show_cards)

    def show_cards(self, past: Past) -> None:
        """A card for each step that waits for a word."""
        raise NotImplementedError  # by the page, which knows what the buttons do

    def _workflow(self) -> None:
        # Always there: Gradio loses what is drawn in a container at the moment when it first shows.
        with gr.Sidebar(label="Details", position="right", open=False, width=420, elem_id="workflow"):
            gr.Markdown("## The last request")
            self.graph = gr.HTML(elem_id="plan")
            self.timeline = gr.HTML(elem_id="timeline")
            with gr.Accordion("Results one by one", open=False, visible=False, elem_id="results") as self.details:
                # Only for those who look: what shows results costs more than all the rest of the page.
                gr.render(inputs=[self.past], triggers=[self.details.expand])(show_results)
