"""when_done, as a block and as a decorator."""

import asyncio
import os
import threading
import unittest
from unittest import mock

from notifykit import _when_done, when_done
from strict_bot import Answer
from support import WithBot, printed


class WhenDoneTests(WithBot):
    def setUp(self):
        super().setUp()
        self.now = 1000.0
        # Only this module's clock: the client's own goes on.
        clock = mock.Mock(wraps=_when_done.time, monotonic=lambda: self.now)
        patched = mock.patch.object(_when_done, "time", clock)
        patched.start()
        self.addCleanup(patched.stop)

    @property
    def told(self):
        return [(request.fields["title"], request.fields["message"]) for request in self.bot.requests]

    def only_told(self):
        fields = self.only_request().fields
        self.assertEqual(fields["wait"], 0)
        return fields["title"], fields["message"]

    def test_a_good_end_tells_how_long_it_took_and_where(self):
        with when_done("training"):
            self.now += 192

        title, text = self.only_told()
        self.assertEqual(title, "training: done")
        self.assertRegex(text, r"\AIt took 3 min 12 s, on `.+` in `/.*`\.\Z")

    def test_a_failure_tells_the_end_of_its_traceback_and_goes_on(self):
        with self.assertRaises(ZeroDivisionError):
            with when_done("training"):
                1 / 0

        title, text = self.only_told()
        self.assertEqual(title, "training: failed")
        lines = text.split("\n")
        self.assertEqual((lines[1], lines[-1]), ("```", "```"))
        self.assertEqual(lines[-2], "ZeroDivisionError: division by zero")
        self.assertIn("test_when_done.py", text)

    def test_a_long_traceback_is_cut_and_can_not_leave_its_block(self):
        def deep(level):
            if level == 0:
                raise ValueError("``` *x* " + "long " * 100)
            deep(level - 1)

        with self.assertRaises(ValueError):
            with when_done("x"):
                deep(50)

        text = self.only_told()[1]
        self.assertEqual(text.count("```"), 2)
        self.assertLessEqual(len(text.split("\n")), 18)
        self.assertLessEqual(max(map(len, text.split("\n")[1:])), 200)

    def test_an_interruption_is_told_as_one_and_goes_on(self):
        with self.assertRaises(KeyboardInterrupt):
            with when_done("training"):
                raise KeyboardInterrupt

        self.assertEqual(self.only_told()[0], "training: interrupted")

    def test_an_exit_is_told_by_its_status(self):
        for code, title in ((0, "x: done"), (None, "x: done"), (3, "x: failed"), ("no data", "x: failed")):
            with self.assertRaises(SystemExit):
                with when_done("x"):
                    raise SystemExit(code)
            self.assertEqual(self.told[-1][0], title)
        self.assertIn("no data", self.told[-1][1])
        self.assertIn("It ended with exit status 3.", self.told[-2][1])

    def test_short_and_good_ends_can_be_left_out(self):
        with when_done("x", if_longer=60):
            self.now += 59
        with when_done("x", only_failure=True):
            pass
        self.assertEqual(self.told, [])

        with when_done("x", if_longer=60):
            self.now += 61
        with self.assertRaises(OSError), when_done("x", only_failure=True, silent=True, urgent=True):
            raise OSError("x")
        self.assertEqual([title for title, _ in self.told], ["x: done", "x: failed"])
        self.assertEqual([self.bot.requests[1].fields[name] for name in ("silent", "urgent")], [True, True])

    def test_a_bot_that_is_away_costs_the_block_nothing(self):
        self.bot.answers = [Answer(404, {"error": "You have linked no chat. Send /start to the bot."})] * 2

        with printed("stderr") as said:
            with when_done("training"):
                result = 42
            with self.assertRaises(ZeroDivisionError) as caught, when_done("training"):
                1 / 0

        self.assertEqual(result, 42)
        self.assertIsNone(caught.exception.__context__)
        self.assertEqual(
            said.getvalue(),
            "notifykit: how training ended was not told: You have linked no chat. Send /start to the bot.\n" * 2,
        )

    def test_without_a_name_the_program_or_the_function_has_one(self):
        @when_done
        def load(a, *, b):
            """Load."""
            return a + b

        with when_done():
            pass

        self.assertEqual(load(1, b=2), 3)
        self.assertEqual((load.__name__, load.__doc__), ("load", "Load."))
        self.assertRegex(self.told[0][0], r"\A\S.*: done\Z")
        self.assertTrue(self.told[1][0].endswith(".load: done"), self.told[1][0])

    def test_each_call_of_a_function_is_told_even_when_they_overlap(self):
        @when_done("load")
        def load(level):
            self.now += 10
            if level:
                load(level - 1)

        load(1)

        self.assertEqual([text.partition(",")[0] for _, text in self.told], ["It took 10 s", "It took 20 s"])

    def test_a_generator_is_told_at_its_end_and_works_as_before(self):
        @when_done("rows")
        def rows():
            given = yield 1
            try:
                yield given
            except KeyError:
                yield "caught"
            return "returned"

        generator = rows()
        self.assertEqual((next(generator), generator.send(2), generator.throw(KeyError())), (1, 2, "caught"))
        self.assertEqual(self.told, [])
        with self.assertRaises(StopIteration) as caught:
            next(generator)
        self.assertEqual(caught.exception.value, "returned")
        self.assertEqual(self.only_told()[0], "rows: done")

        closed = rows()
        next(closed)
        closed.close()
        self.assertEqual(len(self.told), 2)

    def test_a_generator_that_fails_is_told(self):
        @when_done
        def rows():
            yield 1
            raise LookupError("no rows")

        with self.assertRaises(LookupError):
            list(rows())
        self.assertTrue(self.only_told()[0].endswith("rows: failed"))

    def test_a_coroutine_is_awaited_and_told_without_stopping_the_loop(self):
        release = threading.Event()
        real = _when_done._tell

        def slow(*arguments, **options):
            self.assertTrue(release.wait(30))
            real(*arguments, **options)

        @when_done("load")
        async def load(n):
            await asyncio.sleep(0)
            return n

        async def main():
            loading = asyncio.ensure_future(load(7))
            # The loop goes on while the bot is told.
            asyncio.get_running_loop().call_later(0.01, release.set)
            return await loading

        with mock.patch.object(_when_done, "_tell", slow):
            self.assertEqual(asyncio.run(main()), 7)
        self.assertTrue(asyncio.iscoroutinefunction(load))
        self.assertEqual(self.only_told()[0], "load: done")

    def test_async_blocks_failures_and_cancelled_tasks(self):
        async def fails():
            async with when_done("fails"):
                raise OSError("x")

        async def hangs():
            async with when_done("hangs"):
                await asyncio.sleep(3600)

        async def main():
            with self.assertRaises(OSError):
                await fails()
            task = asyncio.ensure_future(hangs())
            await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        self.assertEqual([title for title, _ in self.told], ["fails: failed", "hangs: cancelled"])

    def test_an_asynchronous_generator_works_as_before(self):
        @when_done("rows")
        async def rows():
            given = yield 1
            try:
                yield given
            except KeyError:
                yield "caught"

        async def main():
            generator = rows()
            values = [await generator.__anext__(), await generator.asend(2), await generator.athrow(KeyError())]
            self.assertEqual(self.told, [])
            with self.assertRaises(StopAsyncIteration):
                await generator.__anext__()
            closed = rows()
            await closed.__anext__()
            await closed.aclose()
            return values + [value async for value in rows()]

        self.assertEqual(asyncio.run(main()), [1, 2, "caught", 1, None])
        self.assertEqual([title for title, _ in self.told], ["rows: done"] * 3)

    def test_a_forked_process_tells_nothing(self):
        child = -1
        with when_done("training"):
            child = os.fork()
        if child == 0:
            os._exit(0)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

        self.assertEqual(self.only_told()[0], "training: done")

    def test_threads_tell_each_for_itself(self):
        def work(n):
            with when_done(f"part {n}"):
                pass

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({title for title, _ in self.told}, {f"part {n}: done" for n in range(8)})

    def test_a_folder_that_is_gone_costs_nothing(self):
        gone = os.path.join(self.folder, "gone")
        os.mkdir(gone)
        before = os.getcwd()
        os.chdir(gone)
        try:
            os.rmdir(gone)
            with when_done("x"):
                pass
        finally:
            os.chdir(before)
        self.assertEqual(self.only_told()[0], "x: done")

    def test_times_read_well(self):
        for seconds, text in (
            (0.04, "0.0 s"), (9.94, "9.9 s"), (10, "10 s"), (59.6, "1 min"), (192, "3 min 12 s"), (7500, "2 h 5 min"),
            (86_400 * 3 + 3_600 * 4 + 59, "3 d 4 h"),
        ):
            self.assertEqual(_when_done.duration(seconds), text)


if __name__ == "__main__":
    unittest.main()
