"""`cargo xtask deploy`, and what `../README.md` has its reader type, with the real AWS CLI in an AWS in one process."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from cloud import ACCOUNT, REGION, USER, Cloud, machine, packed, wait

# checkov's and the AWS CLI's folder.
TOOLS = Path(os.environ["DEPLOY_TOOLS"])
# The folder of the programs that cargo built, xtask among them.
PROGRAMS = Path(os.environ["DEPLOY_PROGRAMS"])
DEPLOY = Path(__file__).resolve().parent.parent
CORPUS = DEPLOY.parent / "core" / "tests" / "corpus"
ZIP = f"halver-{machine()}.zip"


def setUpModule():
    global cloud, s3, home, environment
    folder = tempfile.TemporaryDirectory(prefix="halver-commands-")
    unittest.addModuleCleanup(folder.cleanup)
    home = Path(folder.name)
    (home / "cloud").mkdir()
    cloud = Cloud(home / "cloud")
    unittest.addModuleCleanup(cloud.close)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="programs")
    # As `cargo xtask package` leaves it, which takes minutes.
    (home / "target" / "package" / "page").mkdir(parents=True)
    (home / "target" / "package" / "page" / "index.html").write_text("<!doctype html>")
    (home / "target" / "package" / ZIP).write_bytes(packed(PROGRAMS / "bootstrap"))
    (home / "deploy").symlink_to(DEPLOY)
    (home / "photo.jpg").write_bytes((CORPUS / "photo-420.jpg").read_bytes())
    environment = {
        "PATH": f"{TOOLS}:{PROGRAMS}:{os.environ['PATH']}", "HOME": str(home), "CARGO_TARGET_DIR": str(home / "target"),
        "AWS_ENDPOINT_URL": cloud.url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "",
        **{name.upper(): value for name, value in USER.items()},
    }  # fmt: skip


def run(command, **changed):
    """The command's end and all that it says; a variable that is changed to nothing is none."""
    variables = {name: value for name, value in {**environment, **changed}.items() if value}
    return subprocess.run(
        command, cwd=home, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def stacks():
    return {stack["StackName"] for stack in cloud.client("cloudformation").describe_stacks()["Stacks"]}


class XtaskDeploy(unittest.TestCase):
    """Programs are packaged before, so that only what is asked of AWS takes time."""

    def deploy(self, *arguments, **changed):
        given = ["--packaged", "--programs", "programs", f"Architecture={machine()}", *arguments]
        return run([PROGRAMS / "xtask", "deploy", *given], **changed)

    def test_one_command_leads_to_the_first_half(self):
        done = self.deploy("--stack", "whole", "SourceBucket=whole", "SourcePrefix=in/", "Page=on")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"account {ACCOUNT}, stack whole: new", done.stdout)
        [files] = re.findall(r"^PageFiles\t(.+)$", done.stdout, re.MULTILINE)
        self.assertEqual(s3.get_object(Bucket=files, Key="index.html")["CacheControl"], "no-cache")
        # The last lines are for the reader to try.
        lines = done.stdout.rstrip().splitlines()[-3:]
        self.assertEqual(lines[0], "aws s3 cp photo.jpg s3://whole/in/photo.jpg")
        tried = run(["bash", "-e", "-c", "\n".join(lines)])
        self.assertEqual(tried.returncode, 0, tried.stdout)
        self.assertEqual((home / "half.jpg").read_bytes()[:2], b"\xff\xd8")
        (home / "half.jpg").unlink()

        again = self.deploy("--stack", "whole", "SourceBucket=whole", "SourcePrefix=in/", "Page=on")
        self.assertEqual(again.returncode, 0, again.stdout)
        self.assertIn("stack whole: CREATE_COMPLETE", again.stdout)

    def test_what_is_in_the_way_is_told_before_anything_is_made(self):
        s3.create_bucket(Bucket="there")
        before = stacks()
        for reason, arguments, changed in [
            ("there are none", ["SourceBucket=blocked"], {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}),
            ("aws s3 mb s3://no-programs", ["--programs", "no-programs", "SourceBucket=blocked"], {}),
            ("SourceBucketMode=existing has the stack use it", ["SourceBucket=there"], {}),
            ("no events to EventBridge", ["SourceBucket=there", "SourceBucketMode=existing"], {}),
            ("`cargo xtask package` makes it", ["SourceBucket=blocked"], {"CARGO_TARGET_DIR": str(home / "empty")}),
        ]:
            done = self.deploy("--stack", "blocked", *arguments, **changed)
            self.assertEqual(done.returncode, 1, f"{reason}: {done.stdout}")
            self.assertIn(reason, done.stdout)
        self.assertEqual(stacks(), before)


class Readme(unittest.TestCase):
    """Every command of the page, in its order; what they are to be told is told by the stack that the first ones make."""

    # What of it cannot be run here.
    LEFT_OUT = {
        "cargo xtask package": "takes minutes; its zip is there",
        "cargo xtask deploy": "tested below",
        "aws s3control": "ministack has no S3 Batch Operations",
        "message-move-task": "ministack has none",
        "cargo install": "the command line is built before the tests",
        "export-credentials": "the environment has them",
        "s3://PAGE_FILES": "there is no page; `cargo xtask deploy` is tested with one",
        "sam deploy": "tests/test_ministack.py runs it",
    }

    # For SQS this version of the CLI passes over AWS_ENDPOINT_URL.
    PRELUDE = 'aws() { [ "$1" != sqs ] || set -- --endpoint-url "$AWS_ENDPOINT_URL" "$@"; command aws "$@"; }\n'

    def scripts(self):
        """Whole blocks, and commands within lines."""
        text = (DEPLOY / "README.md").read_text(encoding="utf-8")
        found = re.findall(r"^ *```sh\n(.*?)^ *```|(?<!`)`((?:aws|halver|sam) [^`\n]* [^`\n]*)`", text, re.MULTILINE | re.DOTALL)
        lines = [(block or inline).replace("\\\n", " ").splitlines() for block, inline in found]
        kept = ["\n".join(line for line in block if not any(part in line for part in self.LEFT_OUT)) for block in lines]
        unused = [part for part in self.LEFT_OUT if not any(part in line for block in lines for line in block)]
        self.assertEqual(unused, [])
        # What removes all is told in the midst.
        return sorted(filter(str.strip, kept), key=lambda script: "delete-stack" in script)

    def placeholders(self):
        [stack] = [s for s in cloud.client("cloudformation").describe_stacks()["Stacks"] if s["StackName"] == "halver"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        [mapping] = cloud.client("lambda").list_event_source_mappings(FunctionName="halver")["EventSourceMappings"]
        return {"QUEUE": outputs["Queue"], "DEAD": outputs["DeadLetters"], "UUID": mapping["UUID"]}

    def test_every_command_does_what_it_says(self):
        given = {
            "PHOTOS": "photos", "PROGRAMS": "other-programs", "ZIP": f"target/package/{ZIP}", "halver-arm64.zip": ZIP,
            "CodeKey=halver-1.zip": f"CodeKey=halver-1.zip Architecture={machine()}",
        }  # fmt: skip
        scripts = self.scripts()
        self.assertGreater(len(scripts), 12)
        for script in scripts:
            if "QUEUE" not in given and "halver" in stacks():
                given |= self.placeholders()
            for name, value in given.items():
                script = re.sub(rf"(?<![A-Z_]){re.escape(name)}(?![A-Z_])", value, script)
            done = run(["bash", "-e", "-c", self.PRELUDE + script])
            self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}")
        half = (home / "half.jpg").read_bytes()
        self.assertEqual(half[:2], b"\xff\xd8")
        self.assertLess(len(half), (home / "photo.jpg").stat().st_size)
        self.assertIn("EventBridgeConfiguration", json.loads((home / "notifications.json").read_text()))
        self.assertIn("QueueConfigurations", json.loads((home / "notifications.json").read_text()))
        wait("the removal", lambda: "halver" not in stacks())


if __name__ == "__main__":
    unittest.main()
