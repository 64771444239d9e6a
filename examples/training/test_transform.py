"""Tests of the ETL script: python3 -m unittest discover examples/training"""

import unittest

import transform


def run(*objects):
    """What the script writes for objects, pairs of key and text, by name."""
    written = {}
    transform.transform(objects, written.__setitem__)
    return written


def rows(count, label="1"):
    return "x,label\n" + "".join(f"{i},{label}\n" for i in range(count))


class Transform(unittest.TestCase):
    def test_the_label_comes_first_and_rows_without_one_are_predicted_for(self):
        written = run(("a.csv", "x,label,y\n1,0,2\n3, ,4\n"))
        self.assertEqual(written, {"train/00000.csv": "0.0,1.0,2.0\n", "predict/00000.csv": "3.0,4.0\n"})

    def test_columns_have_the_order_of_the_first_object(self):
        written = run(("a.csv", "x,y,label\n1,2,\n"), ("b.csv", "label,y,x\n,2,1\n"))
        self.assertEqual(written["predict/00000.csv"], "1.0,2.0\n1.0,2.0\n")

    def test_a_fifth_of_the_rows_is_for_validation_and_always_the_same(self):
        written = run(("a.csv", rows(5000)))
        validation = written["validation/00000.csv"].splitlines()
        self.assertTrue(800 < len(validation) < 1200, len(validation))
        again = run(("b.csv", rows(2500)), ("a.csv", rows(5000)))
        self.assertLessEqual(set(validation), set(again["validation/00000.csv"].splitlines()))
        self.assertFalse(set(validation) & set(written["train/00000.csv"].splitlines()))

    def test_many_rows_are_many_objects(self):
        written = run(("a.csv", rows(transform.ROWS_PER_OBJECT + 1, "")))
        self.assertEqual([text.count("\n") for text in written.values()], [transform.ROWS_PER_OBJECT, 1])
        self.assertEqual(list(written), ["predict/00000.csv", "predict/00001.csv"])

    def test_nothing_becomes_nothing(self):
        self.assertEqual(run(), {})
        self.assertEqual(run(("a.csv", ""), ("b.csv", "x,label\n")), {})

    def test_what_is_no_number_is_told_with_its_place(self):
        for text, message in {
            "x,label\nmany,1\n": "a.csv: x is 'many': give a number",
            "x,label\n1,yes\n": "a.csv: label is 'yes': give a number",
        }.items():
            with self.assertRaises(SystemExit) as raised:
                run(("a.csv", text))
            self.assertEqual(str(raised.exception), message)

    def test_objects_with_other_columns_are_told_apart(self):
        with self.assertRaises(SystemExit) as raised:
            run(("a.csv", "x,label\n1,1\n"), ("b.csv", "z,label\n1,1\n"))
        self.assertIn("b.csv has the columns ['z'], another object ['x']", str(raised.exception))

    def test_arguments_are_found_among_glues(self):
        given = ["--job-language", "python", "--data", "s3://d/in/", "--manifest", "s3://w/m", "--output", "s3://w/o/", "--enable-metrics", "true"]
        self.assertEqual(transform.arguments(given), {"data": "s3://d/in/", "manifest": "s3://w/m", "output": "s3://w/o/"})
        with self.assertRaises(SystemExit) as raised:
            transform.arguments(["--data", "s3://d/"])
        self.assertEqual(str(raised.exception), "the job is called without --manifest, --output")


if __name__ == "__main__":
    unittest.main()
