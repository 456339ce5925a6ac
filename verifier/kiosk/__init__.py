"""The till as a screen: one page on loopback, read at once from a hand reader and from a camera.

    server = KioskServer(desk, Gate.at(port, token), STATIC)     # `server.py`
    desk.take(text, Source.CAMERA)                               # `desk.py`: one code, one verdict

From the ground up: `gate` says who may speak, `framing` and `serial_reader` turn a reader's bytes into
texts, `desk` judges them and remembers what the screen needs (`today`, `two_way_screen`), `card_view` says it
in words, `doors` and `server` put it on HTTP. Nothing here decides a colour: verdicts are those of
`verifier.verify`.

It answers on 127.0.0.1 alone, keeps no name on disk and needs no network; the standard library's HTTP server
is enough for one pharmacist. `docs/kiosk.md` tells how to run it and how a pharmacy's own software asks it.
"""
