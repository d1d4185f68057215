"""What runs in the browser, beside Gradio's own."""

import json

from app.page.words import Say
from graph.words import LANGUAGES

# Named in the browser, at once: a request that is sent before the server has answered belongs to somebody, too.
NAME = """(...names) => names.map(name => name || Array.from(
    crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join(''))"""
EMPTY = "{text: '', files: []}"
DELETE = "Delete this conversation and the files made in it?"
DELETE_ALL = "Delete all conversations and files of this browser, for good?"


def _sure(question: str) -> str:
    """Go on only when the visitor says yes, in their language."""
    return f"""(...who) => {{
    const asked = {json.dumps({language: Say(language)(question) for language in LANGUAGES})}
    if (!confirm(asked[navigator.language.slice(0, 2)] ?? asked.en)) throw 'kept'
    return who
}}"""


SURE, SURE_OF_ALL = _sure(DELETE), _sure(DELETE_ALL)
EXPORT = """browser => {  // beside the page, also where a proxy serves both under a path of its own
    const zip = new URL('../data/export', location.origin + location.pathname.replace(/\\/?$/, '/'))
    zip.searchParams.set('browser', browser)
    Object.assign(document.createElement('a'), {href: zip, download: ''}).click()
}"""
SIGN_OUT = """() => {
    const base = location.origin + location.pathname.replace(/\\/?$/, '/')
    fetch(new URL('../signout', base), {method: 'POST', redirect: 'manual'}).then(() => location.reload())
}"""
MEND_ROLES = """() => {  // what screen readers stumble over: a list without items, a nameless button within a button
    const mend = () => {
        document.querySelectorAll('#chat .examples[role=list]').forEach(list => list.removeAttribute('role'))
        document.querySelectorAll('#chat .title[role=button] button').forEach(button => Object.assign(
            button, {inert: true, ariaLabel: 'Show or hide'}))
    }
    new MutationObserver(mend).observe(document.querySelector('#chat'), {childList: true, subtree: true})
    mend()
}"""
CLOSE_SIDEBAR_ON_PHONES = "() => { if (innerWidth < 768) document.querySelector('.sidebar .toggle-button').click() }"
