"""send, against a strict bot."""

import json
import os
import threading
import unittest
from unittest import mock

from notifykit import NotAllowed, Refused, Sent, send
from strict_bot import Answer
from support import JPEG, PNG, WithBot


class SendTests(WithBot):
    def test_a_text_goes_as_json_with_a_key_of_its_own(self):
        sent = send("The import is *done*", title="Import_1")

        request = self.only_request()
        self.assertEqual(request.path, "/send")
        self.assertEqual({**request.fields, "key": ""}, {"key": "", "message": "The import is *done*", "title": "Import_1"})
        self.assertEqual(
            sent, Sent("b7Kq0w2XlE6mZy4uTgP1Aw", "delivered", {"telegram": "delivered"}, repeated=False, muted_until=None)
        )

    def test_each_call_has_another_key_and_a_given_key_is_kept(self):
        for _ in range(3):
            send("Hello")
        send("Hello", key="import-2026-02-03")
        again = send("Hello", key="import-2026-02-03")

        self.assertEqual(len(set(self.bot.keys)), 4)
        self.assertEqual(self.bot.keys[3], "import-2026-02-03")
        self.assertTrue(again.repeated)

    def test_every_option_is_a_field(self):
        buttons = [{"text": "Open", "url": "https://example.com"}, {"text": "Again", "run": "other.py"}]

        send("x", markdown=False, silent=True, urgent=True, wait=0, buttons=buttons)
        send("x", buttons=False)

        first, second = self.bot.requests
        self.assertEqual(
            {**first.fields, "key": ""},
            {"key": "", "message": "x", "parse_mode": "", "silent": True, "urgent": True, "wait": 0, "buttons": buttons},
        )
        self.assertIs(second.fields["buttons"], False)

    def test_a_mute_is_told(self):
        body = {"ok": True, "status": "queued", "id": "a", "channels": {"telegram": "muted"}, "muted_until": "2026-02-03T07:15:00Z"}
        self.bot.answers = [Answer(body=body)]

        sent = send("Hello")

        self.assertEqual((sent.status, sent.channels["telegram"]), ("queued", "muted"))
        self.assertEqual(sent.muted_until, "2026-02-03T07:15:00Z")

    def test_quiet_hours_are_told(self):
        body = {"ok": True, "status": "held", "id": "a", "channels": {"telegram": "held"}, "held_until": "2026-02-03T07:15:00Z"}
        self.bot.answers = [Answer(body=body)]

        sent = send("Hello")

        self.assertEqual((sent.status, sent.held_until, sent.muted_until), ("held", "2026-02-03T07:15:00Z", None))

    def test_text_of_any_kind_arrives_as_it_is(self):
        for text in ("é ✓ 🎉", "--", "[OK] done", "@x", "a\x00b", "line\r\nline", 42):
            with self.subTest(text=text):
                send(text)
                self.assertEqual(self.bot.requests[-1].fields["message"], str(text))

        send("half \ud83d of a pair, \udcff")
        self.assertEqual(self.bot.requests[-1].fields["message"], "half � of a pair, �")

    def test_a_picture_goes_as_a_photo_by_path_and_by_bytes(self):
        path = self.write("chart.png", PNG)
        os.symlink(path, os.path.join(self.folder, "link.png"))
        for image in (path, "~/chart.png", PNG, bytearray(PNG), memoryview(PNG), os.path.join(self.folder, "link.png")):
            with self.subTest(image=type(image)):
                send("Down *12 %*", image=image, title="Revenue", silent=True)
                request = self.bot.requests[-1]
                self.assertEqual(request.path, "/send_photo")
                self.assertEqual([content for _, content in request.of("photo")], [PNG])
                self.assertEqual(request.fields["message"], "Down *12 %*")
                self.assertIs(request.fields["silent"], True)

        send(image=JPEG)
        self.assertEqual(self.bot.requests[-1].of("photo"), [("chart.jpg", JPEG)])

    def test_several_pictures_and_files_are_one_notification(self):
        report = self.write("Bericht \"März\"\n.pdf", b"%PDF-" + bytes(range(256)) * 1000)

        send("All", images=[PNG, JPEG], files=[report, (b"a,b\r\n1,2\r\n", "orders.csv")], table=[["n"], [1]], urgent=True)

        request = self.only_request()
        self.assertEqual(request.path, "/send")
        self.assertEqual([content for _, content in request.of("photos")], [PNG, JPEG])
        names, contents = zip(*request.of("files"))
        self.assertEqual(names, ("Bericht %22März%22_.pdf", "orders.csv"))
        self.assertEqual(contents[1], b"a,b\r\n1,2\r\n")
        self.assertEqual(len(contents[0]), 256_005)
        self.assertEqual(request.fields["table"], {"columns": ["n"], "rows": [[1]]})

    def test_one_picture_with_files_and_a_list_of_one_picture_are_photos(self):
        send("x", image=PNG, file=b"1", name="one.txt")
        send("x", images=[PNG])

        self.assertEqual([request.path for request in self.bot.requests], ["/send_photo", "/send_photo"])
        self.assertEqual(self.bot.requests[0].of("files"), [("one.txt", b"1")])

    def test_a_list_of_dicts_as_a_file_is_a_csv(self):
        send(file=[{"name": "Ada, L.", "n": 1}, {"name": 'say "hi"', "n": None}], name="people.csv")

        self.assertEqual(self.only_request().of("files"), [("people.csv", b'name,n\r\n"Ada, L.",1\r\n"say ""hi""",\r\n')])

    def test_a_large_file_is_not_read_into_memory(self):
        path = self.write("large.bin", b"")
        os.truncate(path, 50_000_000)
        import tracemalloc

        self.bot.answers = [Answer(403, {"error": "No."}, early=True)]
        tracemalloc.start()
        try:
            with self.assertRaises(NotAllowed):
                send("x", file=path)
            self.assertLess(tracemalloc.get_traced_memory()[1], 10_000_000)
        finally:
            tracemalloc.stop()

    def test_what_can_not_go_is_refused_before_anything_is_sent(self):
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        large = self.write("large.bin", b"")
        os.truncate(large, 50_000_001)
        cases = [
            ({"image": "/nowhere/chart.png"}, "/nowhere/chart.png can't be read: No such file or directory."),
            ({"image": "a\0b"}, "can't be read: its name holds a zero byte."),
            ({"image": self.folder}, f"{self.folder} can't be read: Is a directory."),
            ({"file": fifo}, f"{fifo} is not a regular file."),
            ({"file": large}, f"{large} has 50,000,001 bytes; at most 50,000,000 go."),
            ({"file": self.write("empty", b"")}, "empty is empty."),
            ({"file": b"x"}, "file is bytes and needs a name, such as orders.csv."),
            ({"file": [["a"], [1]], "name": "x.xlsx"}, "A frame goes as CSV, so its name ends with .csv; x.xlsx does not."),
            ({"name": "x.csv"}, "name is the name of file; give file too."),
            ({"images": [PNG] * 11}, "There are 11 pictures; at most 10 go in one notification."),
            ({"files": [(b"1", "a")] * 11}, "There are 11 files; at most 10 go in one notification."),
            ({"images": "chart.png"}, "images takes a list. For one, write image=..."),
            ({"image": 3}, "image takes a path, bytes, or a figure of matplotlib, PIL or plotly, not int."),
            ({"image": object()}, "image takes a path, bytes, or a figure"),
            ({"images": [PNG, 3]}, "images[1] takes a path"),
            ({"table": "text"}, "table takes a frame, a list of dicts or a list of rows, not str."),
            ({"table": [["n"]] + [[i] for i in range(10_001)]}, "The table has 10,001 rows of 1 columns; at most 10,000 cells"),
            ({"table": [["a", "b"], [1]]}, "Row 1 of the table has 1 cells, and there are 2 columns."),
            ({"table": [1, 2]}, "table takes rows that are all lists, or all dicts, not int."),
            ({"buttons": "x"}, "buttons takes a list"),
            ({"buttons": [{"text": "x"}]}, 'buttons[0] takes {"text": ..., "url": ...}'),
            ({"wait": "long"}, "wait takes a number of seconds from 0 to 30, not 'long'."),
            ({"text": b"x"}, "text takes text, not bytes."),
            ({"title": ["x"]}, "title takes text, not list."),
        ]
        for arguments, sentence in cases:
            with self.subTest(arguments=str(arguments)[:60]):
                with self.assertRaises(Refused) as caught:
                    send(**arguments)
                self.assertIn(sentence, str(caught.exception))
                self.assertIsInstance(caught.exception, ValueError)
                self.assertIsNone(caught.exception.__cause__)
                self.assertTrue(caught.exception.__suppress_context__ or caught.exception.__context__ is None)
        self.assertEqual(self.bot.requests, [])

    def test_a_file_that_shrinks_while_it_is_sent_is_not_sent(self):
        path = self.write("shrinking.bin", b"x" * 1_000_000)
        from notifykit import _http

        read = _http._read

        def shrinking(file, size):
            os.truncate(path, 10)
            return read(file, size)

        self.bot.answers = [Answer(cut=True)]
        with mock.patch.object(_http, "_read", shrinking):
            with self.assertRaises(Refused) as caught:
                send("x", file=path)

        self.assertEqual(str(caught.exception), f"{path} became shorter while it was sent. Send it again.")
        self.assertEqual(self.bot.requests, [])

    def test_threads_send_side_by_side(self):
        ids = []
        threads = [threading.Thread(target=lambda n=n: ids.append(send(f"Message {n}").id)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(len(ids), 16)
        self.assertEqual({request.fields["message"] for request in self.bot.requests}, {f"Message {n}" for n in range(16)})
        self.assertEqual(len(set(self.bot.keys)), 16)

    def test_a_forked_process_sends_under_keys_of_its_own(self):
        send("Before")
        child = os.fork()
        if child == 0:
            try:
                send("In the child")
                os._exit(0)
            except BaseException:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        send("In the parent")

        self.assertEqual(len(set(self.bot.keys)), 3)

    def test_without_a_variable_the_socket_is_the_one_of_the_documentation(self):
        from notifykit import _http

        self.assertEqual(_http.DEFAULT_FOLDER, "/data/notifications")
        os.environ["NOTIFY_BOT_SOCKET"] = ""
        with mock.patch.object(_http, "DEFAULT_FOLDER", os.path.dirname(self.bot.path)):
            send("x")
        self.assertEqual(self.only_request().fields["message"], "x")

    def test_the_folder_of_the_bot_can_be_elsewhere(self):
        os.environ["NOTIFY_BOT_SOCKET"] = ""
        self.set_variable("NOTIFY_DATA_DIR", os.path.dirname(self.bot.path))

        send("x")

        self.assertEqual(self.only_request().fields["message"], "x")

    def test_json_is_ascii_and_valid(self):
        send("é\ud800")
        json.dumps(self.only_request().fields)


if __name__ == "__main__":
    unittest.main()
