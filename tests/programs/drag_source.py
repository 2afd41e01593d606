"""A window of 160 x 80 whose one button is a drag source for the files in argv: what a file manager is to a drop.

Run with the system's python3, which has GTK's bindings. Creates the file argv[1] once the window is on the screen.
"""

import pathlib
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

ready, paths = pathlib.Path(sys.argv[1]), [pathlib.Path(path) for path in sys.argv[2:]]
window = Gtk.Window(title="drag source", default_width=160, default_height=80)
button = Gtk.Button(label="drag me")
button.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
button.drag_source_add_uri_targets()
button.connect("drag-data-get", lambda _, __, data, *___: data.set_uris([path.as_uri() for path in paths]))
button.connect("drag-end", lambda *_: Gtk.main_quit())
window.add(button)
window.connect("map-event", lambda *_: ready.touch())
window.show_all()
Gtk.main()
