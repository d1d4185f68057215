"""What is on the page, from top to bottom; what is drawn there is in view.py, what it does in page.py."""

import gradio as gr

from app.page.conversations import Past
from app.page.examples import runnable
from app.page.gate import GuardedBlocks
from app.page.results import show_results
from app.page.scripts import SIGN_OUT
from app.page.words import word
from graph.chat_models import choosable
from tools.files.formats import EXTENSIONS
from tools.models.catalog import offered
from tools.settings import process_settings

WELCOME = """## What shall models do for you?
Ask in your own words. Drop pictures, recordings, films, tables or documents into the box, or speak."""
MODES = [
    (word("Wherever it can run"), "auto"),
    (word("On this machine"), "local"),
    (word("At Hugging Face endpoints"), "endpoint"),
    (word("Here first, then at endpoints"), "hybrid"),
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
        with gr.Sidebar(label=word("Conversations"), width=300):
            gr.Markdown("## HuggingGPT")
            self.new = gr.Button(word("New conversation"), size="sm", elem_id="new")
            self.search = gr.Textbox(label=word("Search conversations"), max_lines=1, elem_id="search", visible=False)
            self.history = gr.Radio([], label=word("Conversations"), elem_id="history", visible=False)
            with gr.Accordion(word("This conversation"), open=False, elem_id="manage"):
                self.title = gr.Textbox(
                    label=word("Name"), max_lines=1, max_length=80, elem_id="title", submit_btn=word("Rename")
                )
                self.delete = gr.Button(word("Delete with its messages"), size="sm", variant="stop", elem_id="delete")
            with gr.Accordion(word("All conversations and files"), open=False, elem_id="data"):
                self.export = gr.Button(word("Take them along (zip)"), size="sm", elem_id="export")
                self.delete_all = gr.Button(word("Delete all of them"), size="sm", variant="stop", elem_id="delete-all")
            self.given = gr.Files(label=word("Given"), interactive=False, visible=False, elem_id="given")
            self.made = gr.Files(label=word("Made"), interactive=False, visible=False, elem_id="made")
            with gr.Accordion(word("Settings"), open=False, elem_id="settings"):
                self.llm = gr.Dropdown(
                    choosable(),
                    label=word("Controller"),
                    info=word("Who plans and answers. HUGGINGGPT_CONTROLLERS names further ones."),
                    elem_id="controller",
                )
                self.servers = gr.Markdown(visible=False, elem_id="found", elem_classes="pad")
                self.mode = gr.Dropdown(MODES, value="auto", label=word("Models run"))
                self.approve = gr.Checkbox(label=word("Ask me before anything runs"), elem_id="approve")
            signed_in = process_settings().keys is not None
            out = gr.Button(word("Sign out"), size="sm", elem_id="sign-out", visible=signed_in)
            out.click(None, js=SIGN_OUT, show_progress="hidden", api_visibility="private")

    def _conversation(self) -> None:
        self.chat = gr.Chatbot(
            show_label=False,
            elem_id="chat",
            height=None,
            scale=1,
            min_height=180,
            placeholder=word(WELCOME),
            examples=[{"text": example.text, "files": [*example.files]} for example in self.examples],
            feedback_options=("Like", "Dislike"),
            buttons=["copy", "copy_all"],
            editable="user",
            allow_tags=False,
        )
        self.comment = gr.Textbox(
            label=word("Thank you. What was good or bad about it?"),
            placeholder=word("Optional"),
            max_length=4000,
            submit_btn=word("Send"),
            visible=False,
            elem_id="comment",
        )
        self._approval()
        with gr.Row(visible=False, elem_id="unfinished") as self.unfinished:
            gr.Markdown(word("This request has not come to its end. What had finished is kept."), elem_classes="pad")
            self.go_on = gr.Button(word("Go on"), variant="primary", elem_id="go-on", scale=0)
        self.box = gr.MultimodalTextbox(
            placeholder=word("Ask, and drop or paste files here"),
            label=word("Your request"),
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

    def show_cards(self, past: Past, request: gr.Request) -> None:
        """A card for each step that waits for a word."""
        raise NotImplementedError  # by the page, which knows what the buttons do

    def _workflow(self) -> None:
        # Always there: Gradio loses what is drawn in a container at the moment when it first shows.
        with gr.Sidebar(label=word("Details"), position="right", open=False, width=420, elem_id="workflow"):
            gr.Markdown(word("## The last request"))
            self.graph = gr.HTML(elem_id="plan")
            self.timeline = gr.HTML(elem_id="timeline")
            with gr.Accordion(word("Results one by one"), open=False, visible=False, elem_id="results") as self.details:
                # Only for those who look: what shows results costs more than all the rest of the page.
                gr.render(inputs=[self.past], triggers=[self.details.expand])(show_results)
