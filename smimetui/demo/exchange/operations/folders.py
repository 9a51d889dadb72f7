"""GetFolder, FindFolder."""

from collections.abc import Container

from smimetui.demo.exchange.item_fields import RIGHTS, rights
from smimetui.demo.exchange.markup import MESSAGES as M
from smimetui.demo.exchange.markup import TYPES as T
from smimetui.demo.exchange.markup import Node, leaf, node
from smimetui.demo.exchange.operations.finding_ids import each, folder_of, mailbox_of, rights_in
from smimetui.demo.exchange.search import page
from smimetui.demo.exchange.service import Call
from smimetui.demo.exchange.soap import answer, success
from smimetui.demo.exchange.store import Folder, Mailbox, change_key, make_id
from smimetui.demo.exchange.view import path_of

_DEFAULT = {"folder:DisplayName", "folder:UnreadCount", "folder:TotalCount", "folder:ChildFolderCount"}


def get_folder(call: Call) -> Node:
    """Answer GetFolder ([MS-OXWSFOLD])."""
    shape = child(call.request, "FolderShape")

    def work(identifier: Node) -> Node:
        owner = mailbox_of(call, identifier)
        with owner.lock:
            shown = show_folder(folder_of(call, identifier), owner, shape, rights_in(call, owner) or ())
        return success("GetFolder", node(f"{M}Folders", shown))

    identifiers = child(call.request, "FolderIds").children
    return answer("GetFolder", each("GetFolder", identifiers, work, node(f"{M}Folders")))


def find_folder(call: Call) -> Node:
    """Answer FindFolder ([MS-OXWSSRCH])."""
    shape = child(call.request, "FolderShape")
    deep = call.request.attributes["Traversal"] == "Deep"
    view = call.request.find(f"{M}IndexedPageFolderView")

    def work(identifier: Node) -> Node:
        with call.mailbox.lock:
            found = call.mailbox.children(folder_of(call, identifier), deep=deep)
            shown, attributes = page(found, view)
            folders = [show_folder(folder, call.mailbox, shape) for folder in shown]
        root = Node(tag=f"{M}RootFolder", attributes=attributes, children=[node(f"{T}Folders", *folders)])
        return success("FindFolder", root)

    return answer("FindFolder", each("FindFolder", child(call.request, "ParentFolderIds").children, work))


def child(request: Node, name: str) -> Node:
    """Return an element that the schema demands."""
    found = request.find(M + name)
    assert found is not None
    return found


def show_folder(folder: Folder, mailbox: Mailbox, shape: Node, granted: Container[str] = RIGHTS) -> Node:
    """Return the element of a folder."""
    wanted = shape.find(f"{T}AdditionalProperties")
    fields = {path_of(path) for path in wanted.children} if wanted is not None else set()
    base = shape.text_of(f"{T}BaseShape")
    is_contacts = folder.folder_class == "IPF.Contact"
    shown = node(f"{T}ContactsFolder" if is_contacts else f"{T}Folder")
    for uri, element in _fields(folder, mailbox, granted).items():
        given = uri in fields or base == "AllProperties" or (base == "Default" and uri in _DEFAULT)
        if element is not None and (given or uri == "folder:FolderId"):
            shown.children.append(element)
    return shown


def _fields(folder: Folder, mailbox: Mailbox, granted: Container[str]) -> dict[str, Node | None]:
    key = change_key(folder.revision + 1)
    parent = folder.parent
    return {
        "folder:FolderId": node(f"{T}FolderId", Id=make_id("folder", mailbox, folder.number), ChangeKey=key),
        "folder:ParentFolderId": None
        if parent is None
        else node(f"{T}ParentFolderId", Id=make_id("folder", mailbox, parent.number), ChangeKey=change_key(1)),
        "folder:FolderClass": leaf(f"{T}FolderClass", folder.folder_class) if folder.folder_class else None,
        "folder:DisplayName": leaf(f"{T}DisplayName", folder.name),
        "folder:TotalCount": leaf(f"{T}TotalCount", str(len(folder.items))),
        "folder:ChildFolderCount": leaf(f"{T}ChildFolderCount", str(len(mailbox.children(folder)))),
        "folder:EffectiveRights": rights(granted),
        "folder:DistinguishedFolderId": leaf(f"{T}DistinguishedFolderId", folder.distinguished)
        if folder.distinguished
        else None,
        "folder:UnreadCount": leaf(f"{T}UnreadCount", str(folder.unread))
        if folder.folder_class == "IPF.Note"
        else None,
    }
