"""Calls every door of the API with what its document allows and forbids: no failure of ours, no answer that the document
does not describe. Runs against the built program with example data: `python fuzz.py [argument for schemathesis …]`."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

SEED = os.environ.get("SAKER_SEED", "1")
EXAMPLES = os.environ.get("SAKER_EXAMPLES", "8")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
# These would shut out the caller itself: the stories show them.
LEFT_OUT = ["revoke_api_key", "disable_agent", "limit_api"]


def start(data):
    """The program, and what it says about itself."""
    program = os.environ.get("SAKER_PROGRAM")
    if not program:
        sys.exit('Run "cargo xtask test --only api", which builds the program first.')
    command = [program, "demo", "--data", data, "--port", "0", "--smtp-port", "0", "--lmtp-port", "0", "--json"]
    if os.environ.get("SAKER_DATABASE"):
        command += ["--database", os.environ["SAKER_DATABASE"]]
    root = pathlib.Path(__file__).resolve().parents[2]
    errors = open(os.path.join(data, "log"), "w", encoding="utf-8")
    child = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=errors, text=True)
    end = time.monotonic() + 60
    for line in child.stdout:
        if line.startswith("{") and "portal" in line:
            return child, json.loads(line)
        if time.monotonic() > end:
            break
    child.kill()
    sys.exit("Saker did not start.")


def asker(facts):
    def ask(path):
        request = urllib.request.Request(facts["api"] + path, headers={"Authorization": "Bearer " + facts["key"]})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    return ask


def allow_all(facts):
    """Nobody calls as often as this."""
    request = urllib.request.Request(facts["api"] + "/api-limit", method="PUT")
    request.add_header("Authorization", "Bearer " + facts["key"])
    request.add_header("Content-Type", "application/json")
    request.data = json.dumps({"per_minute": 1_000_000, "at_once": 1_000_000}).encode()
    urllib.request.urlopen(request, timeout=30).close()


def names(ask):
    """Names of things that are there, so that calls reach further than "not found"."""
    numbers = [row["number"] for row in ask("/requests?list=latest")["rows"]]
    requests = [ask(f"/requests/{number}") for number in numbers]
    messages = [message["id"] for request in requests for message in request["messages"]]
    people = [contact["id"] for request in requests for contact in request["contacts"]]
    choices = ask("/choices")
    caller = ask("/me")["id"]
    return {
        "number": numbers,
        "message": messages[:8],
        "person": sorted(set(people)),
        "agent": [agent["id"] for agent in choices["agents"] if agent["id"] != caller],
        "category": [category["id"] for category in choices["categories"]],
        "status": [status["id"] for status in choices["statuses"]],
        "priority": [priority["id"] for priority in choices["priorities"]],
        "role": [role["id"] for role in ask("/roles")],
    }


def main():
    with tempfile.TemporaryDirectory(prefix="saker-api-") as data:
        child, facts = start(data)
        try:
            allow_all(facts)
            config = os.path.join(data, "schemathesis.toml")
            with open(config, "w", encoding="utf-8") as file:
                there = {name: values for name, values in names(asker(facts)).items() if values}
                for name, values in there.items():
                    file.write(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}\n")
                file.write("[parameters]\n")
                for name in there:
                    file.write(f'"path.{name}" = {{ dictionary = "{name}" }}\n')
            command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run"]
            command += [facts["api"] + "/openapi.json", "-H", "Authorization: Bearer " + facts["key"], "--no-color"]
            command += ["--phases", "coverage,fuzzing,stateful", "--max-examples", EXAMPLES, "--seed", SEED]
            command += ["--checks", CHECKS]
            for name in LEFT_OUT:
                command += ["--exclude-operation-id", name]
            run = subprocess.run(command + sys.argv[1:], cwd=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        finally:
            child.terminate()
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
        log = pathlib.Path(data, "log").read_text(encoding="utf-8", errors="replace")
    tested = re.search(r"Tested: (\d+)", run.stdout)
    cases = re.search(r"(\d+) generated", run.stdout)
    fell = len(re.findall(r"panicked", log))
    good = run.returncode == 0 and tested and fell == 0
    if not good or "SAKER_LOUD" in os.environ:
        print(run.stdout)
        print("\n".join(line for line in log.splitlines() if "panicked" in line or "ERROR" in line)[:4000])
    print(f"{cases.group(1) if cases else 0} calls, seed {SEED}")
    doors = int(tested.group(1)) if tested else 0
    failed = len(set(re.findall(r"^_+ (\S+ /\S+) _+$", run.stdout, re.M))) or int(not good)
    print(f"{doors - min(failed, doors)} passed, {failed if not good else 0} failed")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
