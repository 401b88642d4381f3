"""What goes wrong between a caller and the bot."""

import os
import socket
import subprocess
import sys
import traceback
import unittest
from unittest import mock

import notifykit
from notifykit import BotUnreachable, NotAllowed, NotifyError, NotLinked, Refused, _http, send
from strict_bot import Answer
from support import PNG, WithBot


class ErrorTests(WithBot):
    def setUp(self):
        super().setUp()
        self.pauses = []
        self.now = 1000.0
        patched = mock.patch.multiple(_http.time, sleep=self.sleep, monotonic=lambda: self.now)
        patched.start()
        self.addCleanup(patched.stop)
        self.while_asleep = lambda: None

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds
        self.while_asleep()

    def error_of(self, kind, *arguments, **options):
        with self.assertRaises(kind) as caught:
            send(*arguments or ["Hello"], **options)
        error = caught.exception
        self.assertIs(type(error), kind)
        self.assertIsInstance(error, NotifyError)
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self.assertNotIn("http/client.py", text)
        self.assertNotIn("During handling", text)
        self.assertIn(f"notifykit.{kind.__name__}: ", text)
        return error

    def test_each_refusal_is_an_exception_with_the_bots_sentence(self):
        for status, kind in [
            (400, Refused), (403, NotAllowed), (404, NotLinked), (410, NotLinked), (413, Refused), (415, Refused),
            (500, BotUnreachable), (502, Refused), (418, Refused),
        ]:
            with self.subTest(status=status):
                self.bot.answers = [Answer(status, {"error": f"What to do about {status}.", "id": "abc"})]
                error = self.error_of(kind)
                self.assertEqual(str(error), f"What to do about {status}.")
                self.assertEqual((error.status, error.id), (status, "abc"))
        self.assertEqual(self.pauses, [])

    def test_a_wrong_field_is_named_as_the_bot_names_it(self):
        self.bot.answers = [Answer(400, {"error": "Field 'wait' is not a number of seconds from 0 to 30."})]

        self.assertIn("'wait'", str(self.error_of(Refused, "x", wait=31)))

    def test_an_answer_without_a_sentence_is_said_as_such(self):
        self.bot.answers = [Answer(400, raw=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")]

        error = self.error_of(Refused)
        self.assertEqual(str(error), "The bot answered with HTTP status 400 and no explanation. Tell the admin.")

    def test_an_answer_that_comes_before_all_was_sent_counts(self):
        path = self.write("large.bin", b"")
        os.truncate(path, 40_000_000)
        self.bot.answers = [Answer(413, {"error": "Too large."}, early=True)]

        self.assertEqual(str(self.error_of(Refused, "x", file=path)), "Too large.")

    def test_a_bot_that_is_away_is_waited_for_briefly(self):
        self.bot.stop_listening()

        error = self.error_of(BotUnreachable)
        self.assertEqual(str(error), f"The bot is not running: nothing listens at {self.bot.path}. Tell the admin.")
        self.assertLessEqual(sum(self.pauses), 2)
        self.bot.listen()

    def test_a_bot_that_starts_meanwhile_gets_it(self):
        self.bot.stop_listening()
        self.while_asleep = lambda: os.path.exists(self.bot.path) or self.bot.listen()

        self.assertEqual(send("Hello").status, "delivered")

    def test_a_lost_answer_is_asked_for_again_under_the_same_key(self):
        self.bot.answers = [Answer(drop=True), Answer(raw=b"HTTP/1.1 2"), Answer(raw=b"\x00\x01 no HTTP\r\n\r\n")]

        sent = send("Hello")

        self.assertTrue(sent.repeated)
        self.assertEqual(len(self.bot.requests), 4)
        self.assertEqual(len(set(self.bot.keys)), 1)

    def test_a_form_is_repeated_whole(self):
        path = self.write("data.bin", os.urandom(700_000))
        self.bot.answers = [Answer(drop=True), Answer(503, {"error": "Disk full."}, retry_after=1)]

        send("x", image=PNG, file=path)

        first, last = self.bot.requests
        self.assertEqual(first.files, last.files)
        self.assertEqual(first.fields, last.fields)

    def test_a_bot_that_never_answers_is_given_up_within_bounds(self):
        self.bot.answers = [Answer(drop=True)] * 100

        error = self.error_of(BotUnreachable)
        self.assertIn("it is unknown whether it took this", str(error))
        self.assertLess(len(self.bot.requests), 8)
        self.assertLessEqual(sum(self.pauses), 60)

    def test_a_bot_that_hangs_is_given_up(self):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(listener.close)
        path = os.path.join(self.folder, "hung.sock")
        listener.bind(path)
        listener.listen(16)
        os.environ["NOTIFY_BOT_SOCKET"] = path

        with mock.patch.object(_http, "_ANSWER_TIMEOUT", 0.05):
            error = self.error_of(BotUnreachable, "x", wait=0)
        self.assertIn("did not answer in time", str(error))

    def test_503_waits_as_long_as_it_says_and_can_not_double(self):
        self.bot.answers = [Answer(503, {"error": "Disk full."}, retry_after=7), Answer(503, {"error": "Disk full."})]

        sent = send("Hello")

        self.assertEqual(self.pauses, [7, 30])
        self.assertFalse(sent.repeated)
        self.assertEqual(len(self.bot.requests), 1)

    def test_503_that_lasts_is_told_with_its_sentence(self):
        self.bot.answers = [Answer(503, {"error": "The disk is full."}, retry_after=30)] * 20

        error = self.error_of(BotUnreachable)
        self.assertEqual((str(error), error.status), ("The disk is full.", 503))
        self.assertLessEqual(sum(self.pauses), 60)

    def test_a_retry_after_beyond_the_patience_is_not_waited_for(self):
        self.bot.answers = [Answer(429, {"error": "200 wait."}, retry_after=3600)]

        error = self.error_of(Refused)
        self.assertEqual((str(error), self.pauses), ("200 wait.", []))

    def test_a_socket_that_is_closed_to_the_caller_says_how_to_get_in(self):
        with mock.patch.object(_http._Connection, "connect", side_effect=PermissionError(13, "Permission denied")):
            error = self.error_of(NotAllowed)
        self.assertIn("only the group of analysts may", str(error))
        self.assertEqual(self.pauses, [])

    def test_a_file_in_the_place_of_the_socket_is_said(self):
        os.environ["NOTIFY_BOT_SOCKET"] = self.write("bot.sock", b"")

        self.assertIn("is in the place of its socket", str(self.error_of(BotUnreachable)))

    def test_a_path_that_no_socket_can_have_is_said(self):
        os.environ["NOTIFY_BOT_SOCKET"] = "/" + "x" * 200

        self.assertIn("Set NOTIFY_BOT_SOCKET to the right path.", str(self.error_of(BotUnreachable)))

    def test_nothing_is_sent_to_a_listener_that_is_not_the_bots(self):
        owner = os.stat(os.path.dirname(self.bot.path)).st_uid
        with mock.patch.object(_http.struct, "unpack", return_value=(1, owner + 4711, 1)):
            error = self.error_of(BotUnreachable)

        self.assertIn(f"is not the bot: it runs as the user id {owner + 4711}. Nothing was sent.", str(error))
        self.assertEqual(self.bot.requests, [])

    def test_ctrl_c_while_it_waits_ends_it(self):
        self.bot.answers = [Answer(503, {"error": "Disk full."}, retry_after=7)]

        def interrupt():
            raise KeyboardInterrupt

        self.while_asleep = interrupt
        with self.assertRaises(KeyboardInterrupt):
            send("Hello")


class FreshProcessTests(WithBot):
    def test_an_uncaught_error_ends_a_program_with_a_sentence_and_no_stack_of_http(self):
        self.bot.answers = [Answer(404, {"error": "You have linked no chat. Send /start to the bot."})]

        ended = subprocess.run(
            [sys.executable, "-c", "import notifykit; notifykit.send('x')"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
            env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(notifykit.__file__))},
        )

        self.assertEqual(ended.returncode, 1)
        self.assertEqual(
            ended.stderr.splitlines()[-1], "notifykit.NotLinked: You have linked no chat. Send /start to the bot."
        )
        self.assertEqual(ended.stderr.count("  File "), 2, ended.stderr)


if __name__ == "__main__":
    unittest.main()
