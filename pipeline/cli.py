"""`temper`: the command line. Heavy imports stand inside the commands that need them, so `--help` is quick.

Bad input ends with one message on stderr and status 2, a stage that an error of another kind ends with status 1;
`--verbose` adds the traceback. Logging is set up here and nowhere else.
"""

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from temper.pipeline.extras import require
from temper.pipeline.surroundings import home, in_utf8, settle
from temper.verifiers.shown import shown

if TYPE_CHECKING:
    from temper.pipeline.recipe import Recipe
    from temper.serving.loading import Loading

log = logging.getLogger(__name__)

Commands = argparse._SubParsersAction
"""It has no public name."""

RECIPE_HELP = "a YAML file, or the name of a shipped recipe (temper:tiny/instruct)"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    if argv is None:  # a program of its own
        in_utf8()
        signal.signal(signal.SIGINT, _Interrupts())
    home(os.environ)
    options = _parser().parse_args(argv)
    from temper.pipeline.mistakes import StageError

    handler = logging.StreamHandler()
    handler.setFormatter(_Lines("%(asctime)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    told = logging.WARNING if getattr(options, "quiet", False) else logging.INFO
    logging.getLogger("temper").setLevel(logging.DEBUG if options.verbose else told)
    _settle(getattr(options, "address", None))
    try:
        status: int = options.command(options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a reader that has gone is no error, and not at the interpreter's end
    except (
        ValueError,
        TimeoutError,
    ) as error:  # the process's top: what a person can mend, without a traceback
        log.debug("refused", exc_info=True)
        print(f"temper: {shown(str(error), lines=True)}", file=sys.stderr)
        return 2
    except StageError as error:
        log.debug("ended", exc_info=True)
        print(f"temper: {shown(str(error), lines=True)}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # who read the output has gone: what is to be said has nobody to hear it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("temper: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return status


def _settle(address: str | None) -> None:
    if not address and "RAY_ADDRESS" in os.environ:
        log.info("RAY_ADDRESS: not followed, the run starts a cluster of its own; --address auto joins that one")
    if dropped := settle(os.environ, embedded=not address):
        log.info("not followed, since the recipe alone decides what is trained: %s", ", ".join(dropped))


class _Interrupts:
    """Ctrl-C: the first ends the run in order, the second at once; each says so."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, number: int, frame: object) -> None:
        self.count += 1
        if self.count == 1:
            os.write(2, b"temper: interrupted, ending; once more ends it at once\n")
            raise KeyboardInterrupt
        os.write(2, b"temper: ended at once; the same command goes on from here\n")
        os._exit(130)


class _Lines(logging.Formatter):
    """Lines in which nothing of a row or a completion drives the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record), lines=True)


def _say(text: str) -> None:
    print(shown(text, lines=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="temper", description="From a base checkpoint to Instruct and Thinking.")
    parser.add_argument("--verbose", action="store_true", help="debug lines, and tracebacks of refusals")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _training_commands(commands)
    _judging_commands(commands)
    _gateway_command(commands)
    _serving_commands(commands)
    _sandbox_commands(commands)
    return parser


def _training_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    run = _command(commands, "run", _run, "run the stages of recipes; what is finished is skipped")
    run.add_argument("recipes", nargs="+", metavar="RECIPE", help=RECIPE_HELP)
    run.add_argument("--out", type=Path, required=True, help="the run folder")
    run.add_argument("--address", help="an existing Ray cluster: auto, or HOST:PORT")
    run.add_argument("--quiet", action="store_true", help="say only what is wrong, and the table at the end")
    run.add_argument("--no-audit", action="store_true", help="do not probe the verifiers on the problems first")
    _add_set(run)

    explain = _command(commands, "explain", _explain, "say what would run; starts nothing")
    explain.add_argument("recipe", metavar="RECIPE", help=RECIPE_HELP)
    explain.add_argument("--out", type=Path, help="also say what is finished in this run folder")
    _add_set(explain)

    audit = _command(commands, "audit", _audit, "probe the verifiers on the recipe's problems; status 1 when they fail")
    audit.add_argument("recipe", metavar="RECIPE", help=RECIPE_HELP)
    audit.add_argument(
        "--out", type=Path, default=Path("audit.jsonl"), help="failing rows and duplicates (default audit.jsonl)"
    )
    audit.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="verdicts at a time")
    _add_set(audit)

    _data_command(commands)

    prove = _command(
        commands, "prove-resume", _prove_resume, "kill a run, resume it, compare it with an undisturbed one"
    )
    prove.add_argument("recipe", metavar="RECIPE", help=RECIPE_HELP)
    prove.add_argument("--out", type=Path, required=True, help="the folder of both runs")
    _add_set(prove)

    schema = _command(commands, "schema", _schema, "print the JSON Schema of a recipe, for editors")
    schema.add_argument("--markdown", action="store_true", help="the same for people: a table a section")

    show = _command(commands, "show", _show, "print real rows as they are trained on")
    show.add_argument("recipe", metavar="RECIPE", help=RECIPE_HELP)
    show.add_argument("--rows", type=int, default=3, help="rows a source (default 3)")
    show.add_argument("--html", type=Path, help="write them to this page instead")
    _add_set(show)

    _looking_commands(commands)


def _data_command(commands: "Commands[argparse.ArgumentParser]") -> None:
    data = _command(
        commands, "data", _data, "write a recipe's training rows without repeats and leaks, and a card of them"
    )
    data.add_argument("recipe", metavar="RECIPE", help=RECIPE_HELP)
    data.add_argument("--out", type=Path, required=True, help="the folder of rows and card")
    data.add_argument(
        "--suite", action="append", default=[], metavar="NAME", help="also held out: a shipped suite, or a YAML file"
    )
    data.add_argument("--checkpoint", type=Path, help="count how often this policy is right on each problem")
    data.add_argument("--samples", type=int, default=8, help="completions a problem with --checkpoint (default 8)")
    data.add_argument("--address", help="an existing Ray cluster: auto, or HOST:PORT")
    _add_set(data)


def _looking_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    evaluate = _command(
        commands, "eval", _eval, "score a recipe's checkpoints, or one, on held-out problems and suites"
    )
    evaluate.add_argument("recipe", metavar="RECIPE", help=RECIPE_HELP)
    evaluate.add_argument("--checkpoint", type=Path, help="score this folder (default: what the recipe makes)")
    evaluate.add_argument("--out", type=Path, required=True, help="the run folder; stages that it lacks are run first")
    evaluate.add_argument(
        "--suite", action="append", default=[], metavar="NAME", help="a shipped suite, a YAML file, or needle alone"
    )
    evaluate.add_argument("--lengths", help="of the needle's texts, in tokens with commas (default: up to the context)")
    evaluate.add_argument("--samples", type=int, default=10, help="texts a length and depth of the needle (default 10)")
    evaluate.add_argument("--address", help="an existing Ray cluster: auto, or HOST:PORT")
    _add_set(evaluate)

    view = _command(commands, "view", _view, "look at a run in a browser, or write its page to a file")
    view.add_argument("folder", type=Path, metavar="RUN|OUT", help="OUT/<recipe name>, or OUT for all of its runs")
    view.add_argument("--html", type=Path, help="write the run and some groups to this file instead")
    view.add_argument("--group", action="append", default=[], metavar="STEP/GROUP", help="of the file; may stand often")
    view.add_argument("--port", type=int, default=0, help="of this machine alone (default: a free one)")

    doctor = _command(commands, "doctor", _doctor, "say what a run does and who holds it up, or what it died of")
    doctor.add_argument("folder", type=Path, metavar="RUN", help="the folder OUT/<recipe name>")
    doctor.add_argument("--stacks", action="store_true", help="where the threads of every role are")

    export = _command(commands, "export", _export, "write a model to publish: weights, configuration, template, card")
    export.add_argument("folder", type=Path, metavar="RUN|CHECKPOINT", help="OUT/<recipe name>, or a checkpoint")
    export.add_argument("--out", type=Path, required=True, help="a new folder")
    export.add_argument(
        "--language", action="append", default=[], help="code of ISO 639, for the card; may be repeated"
    )
    export.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), help="default: the checkpoint's own")


def _judging_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    verify = _command(commands, "verify", _verify, "judge completions: a verdict a row")
    verify.add_argument("file", type=Path, metavar="FILE", help='JSON Lines of {"problem": ..., "completion": ...}')
    verify.add_argument("--out", type=Path, required=True, help="the file of verdicts")
    verify.add_argument("--sandbox", choices=("auto", "docker", "local"), default="auto")
    verify.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="verdicts at a time")
    _add_languages(verify)
    _add_packages(verify)
    _add_plugins(verify)

    verifier = commands.add_parser("verifier", help="start a verifier of your own")
    beginnings = verifier.add_subparsers(required=True, metavar="ACTION")
    new = _command(beginnings, "new", _verifier_new, "write a small verifier that works, and its test file")
    new.add_argument("name", metavar="NAME", help="of its file and in rows: small letters, digits and _")

    rescore = _command(
        commands, "rescore", _rescore, "judge a run's rollouts again; status 1 unless every verdict is the same"
    )
    rescore.add_argument("run_folder", type=Path, metavar="RUN", help="the folder OUT/<recipe name>")
    rescore.add_argument("--out", type=Path, help="the verdicts that are not the same (default RUN/rescore.jsonl)")
    rescore.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="verdicts at a time")
    _add_plugins(rescore)

    recompute = _command(
        commands, "recompute", _recompute, "compute a run's numbers again from its rollouts; status 1 where one differs"
    )
    recompute.add_argument("run_folder", type=Path, metavar="RUN", help="the folder OUT/<recipe name>")


def _gateway_command(commands: "Commands[argparse.ArgumentParser]") -> None:
    gateway = _command(commands, "gateway", _gateway, "judge over HTTP, for other programs and machines")
    gateway.add_argument("--host", default="127.0.0.1", help="to listen on (default 127.0.0.1: this machine alone)")
    gateway.add_argument("--port", type=int, default=8100, help="default 8100; 0 takes a free one")
    gateway.add_argument("--config", type=Path, metavar="FILE", help="YAML: verifiers' params, sandbox, limits")
    gateway.add_argument("--workers", type=int, help="verdicts at a time (default: the number of cores)")
    gateway.add_argument("--sandbox", choices=("auto", "docker", "local"))
    gateway.add_argument(
        "--token-env", action="append", default=[], metavar="NAME",
        help="variable that holds a token, which every request must bring; may stand often, a client each",
    )  # fmt: skip
    gateway.add_argument("--max-body", type=int, metavar="BYTES", help="of a request's body (default 16 MiB)")
    _add_plugins(gateway)
    gateway.add_argument("--check", metavar="URL", help="instead: ask the gateway there about rows of known verdicts")


def _serving_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    serve = _command(commands, "serve", _serve, "answer OpenAI's API with a checkpoint")
    serve.add_argument("--host", default="127.0.0.1", help="to listen on (default 127.0.0.1: this machine alone)")
    serve.add_argument("--port", type=int, default=8000, help="default 8000; 0 takes a free one")
    serve.add_argument("--name", default="", help="by which requests name the model (default: the run's or folder's)")
    serve.add_argument("--batch", type=int, help="requests decoded together (default 16)")
    serve.add_argument(
        "--token-env", action="append", default=[], metavar="NAME",
        help="variable that holds a token, which every request must bring; may stand often, a client each",
    )  # fmt: skip
    serve.add_argument("--max-body", type=int, metavar="BYTES", help="of a request's body (default 4 MiB)")
    serve.add_argument("--max-waiting", type=int, metavar="N", help="requests of one client (default 256)")

    chat = _command(commands, "chat", _chat, "talk to a checkpoint in a terminal")
    chat.add_argument("--system", default="", metavar="TEXT", help="what stands before the conversation")
    chat.add_argument("--temperature", type=float, default=1.0, help="0: the likeliest (default 1)")
    chat.add_argument("--max-tokens", type=int, metavar="N", help="of an answer (default: what the context has left)")
    chat.add_argument("--seed", type=int, help="the same answers to the same words")
    chat.add_argument("--reasoning", choices=("show", "fold"), default="show", help="dimmed, or its length alone")
    for parser in (serve, chat):
        parser.add_argument("folder", type=Path, metavar="RUN|CHECKPOINT", help="OUT/<recipe name>, or a checkpoint")
        parser.add_argument("--engine", choices=("transformers", "vllm"), default="transformers", help="what samples")
        parser.add_argument("--context", type=int, metavar="TOKENS", help="fewer than the checkpoint has")
        parser.add_argument("--threads", type=int, help="of the CPU (default: one a core)")


def _sandbox_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    sandbox = commands.add_parser("sandbox", help="build, check or sweep the sandboxes")
    actions = sandbox.add_subparsers(required=True, metavar="ACTION")
    build = _command(actions, "build", _sandbox_build, "build the image that programs run in")
    _add_languages(build)
    _add_packages(build)
    tools = "put what languages need of npm on this machine, for the local sandbox"
    _add_languages(_command(actions, "tools", _sandbox_tools, tools))
    doctor = "say which sandboxes work here, and what they do not promise"
    _add_languages(_command(actions, "doctor", _sandbox_doctor, doctor))
    measure = _command(actions, "bench", _sandbox_bench, "time a trivial job beside bare interpreters and docker")
    measure.add_argument("--sandbox", choices=("docker", "local"), default="docker")
    measure.add_argument("--seconds", type=float, default=5.0, help="of each step (default 5)")
    measure.add_argument("--json", type=Path, help="also write the figures to this file")
    _command(actions, "sweep", _sandbox_sweep, "remove the containers of dead owners")


def _command(
    commands: "Commands[argparse.ArgumentParser]",
    name: str,
    does: Callable[[argparse.Namespace], int],
    help_: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_, description=help_)
    parser.set_defaults(command=does)
    return parser


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="A.B=C",
        dest="overrides",
        help="set a field; may stand often",
    )


def _add_languages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--languages", default="python", help="of the programs, with commas (default python)")


def _add_packages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--packages", default="", help="that the box carries, with commas (reasoning_gym)")


def _add_plugins(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plugins", default="", help="modules whose classes rows may name, with commas (none)")


def _run(options: argparse.Namespace) -> int:
    require("train", "run")
    from temper.pipeline.loading import load
    from temper.pipeline.mistakes import RecipeError

    recipes = [load(name, options.overrides) for name in options.recipes]
    sources: dict[str, Path] = {}
    for loaded in recipes:
        name = loaded.recipe.name
        if name in sources:
            raise RecipeError(f"{loaded.source}: name: also that of {sources[name]}, got {name!r}; rename one")
        sources[name] = loaded.source

    from temper.pipeline.run import run

    run(recipes, options.out, options.address, audited=not options.no_audit)
    return 0


def _audit(options: argparse.Namespace) -> int:
    from temper.pipeline.audit import audit_with
    from temper.pipeline.loading import load
    from temper.pipeline.preflight import check_data
    from temper.policy.atomic import write_atomic

    loaded = load(options.recipe, options.overrides)
    check_data(loaded)
    finding = audit_with(loaded, options.workers)
    found = [*finding.failures, *finding.duplicates]
    write_atomic(options.out, "".join(json.dumps(one) + "\n" for one in found))
    _say(finding.table())
    mistakes = finding.mistakes(loaded.recipe.audit)
    for mistake in mistakes:
        _say(f"{loaded.source}: {mistake}; all in {options.out}")
    return 1 if mistakes else 0


def _data(options: argparse.Namespace) -> int:
    from temper.pipeline.data import prepare
    from temper.pipeline.loading import load

    loaded = load(options.recipe, options.overrides, options.suite)
    if options.checkpoint is None:
        _say(prepare(loaded, options.out))
        return 0
    require("train", "data --checkpoint")
    from temper.pipeline.difficulty import sampled

    if loaded.recipe.rlvr is None or options.samples < 1:
        raise ValueError("data: --checkpoint needs problems (rlvr.data) and --samples of 1 or more")
    checkpoint = options.checkpoint.resolve()
    count = partial(
        sampled, loaded, checkpoint, samples=options.samples, out=options.out.resolve(), address=options.address
    )
    _say(prepare(loaded, options.out, count))
    return 0


def _explain(options: argparse.Namespace) -> int:
    from temper.pipeline.explain import explain
    from temper.pipeline.loading import load

    _say(explain(load(options.recipe, options.overrides), options.out))
    return 0


def _schema(options: argparse.Namespace) -> int:
    from temper.pipeline.schema import recipe_schema
    from temper.view.recipe_reference import reference

    schema = recipe_schema()
    print(reference(schema) if options.markdown else json.dumps(schema, indent=1))
    return 0


def _prove_resume(options: argparse.Namespace) -> int:
    """Status 1 when the resumed run differs."""
    require("train", "prove-resume")
    from temper.pipeline.loading import load
    from temper.pipeline.prove import prove_resume

    words = [options.recipe, *(word for override in options.overrides for word in ("--set", override))]
    different = prove_resume(load(options.recipe, options.overrides), words, options.out)
    _say("\n".join(different) or "the resumed run is the same")
    return 1 if different else 0


def _show(options: argparse.Namespace) -> int:
    require("train", "show")
    from temper.pipeline.loading import load
    from temper.pipeline.show import show
    from temper.policy.atomic import write_atomic
    from temper.view.rendered_rows import page

    loaded = load(options.recipe, options.overrides)
    found = show(loaded, options.rows)
    if options.html:
        write_atomic(options.html, page(f"{loaded.recipe.name}: {loaded.recipe.variant}", found))
        print(f"wrote {options.html}")
        return 0
    for one in found:
        print(one.in_colour(), end="\n\n")
    return 0


def _eval(options: argparse.Namespace) -> int:
    """`temper run` with the suites beside the recipe's own; of a checkpoint, a recipe of the one stage `eval`, based on
    it, under a name of its own."""
    require("train", "eval")
    from temper.pipeline.loading import load
    from temper.pipeline.run import run

    if options.checkpoint is None:
        if not options.suite or "needle" in options.suite:
            raise ValueError("eval: what is to be scored? give --checkpoint, or --suite for the recipe's checkpoints")
        loaded = load(options.recipe, options.overrides, options.suite)
        if loaded.recipe.eval and "checkpoints" not in loaded.recipe.eval.model_fields_set:
            # what a suite costs or brings is seen from the base on
            overrides = [*options.overrides, "eval.checkpoints=[base, sft, rlvr]"]
            loaded = load(options.recipe, overrides, options.suite)
        run([loaded], options.out, options.address)
        return 0
    from temper.pipeline.identity import base_identity, digest
    from temper.policy.bases import FolderBase

    folder = options.checkpoint.resolve()
    recipe = load(options.recipe, options.overrides).recipe
    checkpoint = digest(base_identity(FolderBase(path=str(folder))))[:8]
    if options.suite == ["needle"]:
        return _needle(options, recipe, folder, checkpoint)
    overrides = [
        *options.overrides,
        f"name={json.dumps(f'{recipe.name}-eval-{checkpoint}')}",
        f"base={json.dumps({'kind': 'folder', 'path': str(folder)})}",
        "stages=[eval]",
    ]
    run([load(options.recipe, overrides, options.suite)], options.out, options.address)
    return 0


def _needle(options: argparse.Namespace, recipe: "Recipe", folder: Path, name: str) -> int:
    from temper.pipeline import cluster
    from temper.pipeline.needle import evaluate, lengths_of, record, table

    lengths = [int(part) for part in options.lengths.split(",")] if options.lengths else lengths_of(folder)
    cluster.start(options.address, folders=[], resources={})
    cluster.require(recipe.cluster, ["eval"])
    cells = evaluate(folder, recipe, lengths, max(1, options.samples))
    path = options.out / f"needle-{name}.json"
    record(path, folder, cells)
    print(f"{table(cells)}\nall in {path}")
    return 0


def _view(options: argparse.Namespace) -> int:
    require("parquet", "view")
    from temper.pipeline.viewing import serve, write_page

    if options.html:
        size = write_page(options.folder, options.html, options.group)
        print(f"wrote {options.html} ({size / 1e6:.1f} MB)")
    else:
        serve(options.folder, options.port)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    """Status 1 when the run is held up, or ended without being finished."""
    from temper.pipeline.doctor import described, look

    found = look(options.folder)
    _say(described(found, options.stacks))
    return 0 if found.good else 1


def _export(options: argparse.Namespace) -> int:
    require("train", "export")
    from temper.pipeline.card import card, find
    from temper.pipeline.reward_card import results
    from temper.policy.chat import template_hash
    from temper.policy.checkpoint import load_tokenizer
    from temper.policy.export import export

    exported = find(options.folder)
    tokenizer = load_tokenizer(exported.checkpoint)
    text = card(exported, template_hash(tokenizer) if tokenizer.chat_template else None, options.language)
    scores = results(exported.recipe, exported.summary.get("suites") or {}, exported.last)
    beside = {"README.md": text, **{f".eval_results/{name}": said for name, said in scores.items()}}
    export(exported.checkpoint, options.out, beside, exported.temperature, options.dtype)
    print(f"{exported.checkpoint} -> {options.out}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from temper.gateway.processes import ProcessVerifiers
    from temper.pipeline.plugins import listed
    from temper.pipeline.recipe import ClusterSection
    from temper.pipeline.verify import verify_file
    from temper.sandboxes.section import SandboxSection

    sys.path.append(str(options.file.resolve().parent))  # a module that is listed may lie beside the rows
    plugins = listed(options.plugins)
    section = SandboxSection(kind=options.sandbox, languages=_languages(options), packages=_packages(options))
    verifiers = ProcessVerifiers(section, options.workers, ClusterSection().verdict_s, plugins)
    try:
        counts = verify_file(options.file, options.out, verifiers, options.workers, section, plugins)
    finally:
        verifiers.close()
    print("  ".join(f"{name} {count:,}" for name, count in counts.items()))
    return 0


def _gateway(options: argparse.Namespace) -> int:
    """With `--check`: status 1 when an answer is wrong, slow or none."""
    tokens = {name: _token(name) for name in options.token_env}
    if options.check:
        from temper.gateway.control import check

        findings = check(options.check, next(iter(tokens.values()), None))
        _say("\n".join(finding.line for finding in findings))
        return 0 if all(finding.good for finding in findings) else 1
    require("gateway", "gateway")
    from temper.gateway.section import read_section
    from temper.gateway.server import serve
    from temper.pipeline.plugins import listed

    plugins = listed(options.plugins).modules or None
    given = {"workers": options.workers, "max_body": options.max_body, "plugins": plugins}
    fields = {name: value for name, value in given.items() if value is not None}
    sys.path.append(str(Path.cwd()))  # for --plugins; last, so it hides nothing
    section = read_section(options.config, fields, {"kind": options.sandbox} if options.sandbox else {})
    if options.workers is None and "workers" not in section.model_fields_set:
        section = section.model_copy(update={"workers": os.cpu_count() or 1})
    serve(section, options.host, options.port, tokens)
    return 0


def _serve(options: argparse.Namespace) -> int:
    require("train", "serve")
    require("gateway", "serve")
    from temper.serving.section import read_section
    from temper.serving.server import serve

    tokens = {name: _token(name) for name in options.token_env}
    given = {"max_body": options.max_body, "max_waiting": options.max_waiting}
    section = read_section(options.engine, options.batch, given)
    serve(section, _loading(options, options.name), options.host, options.port, tokens)
    return 0


def _chat(options: argparse.Namespace) -> int:
    require("train", "chat")
    from temper.serving.chat import Manner, converse
    from temper.serving.section import read_section

    section = read_section(options.engine, 1, {})
    manner = Manner(options.system, options.temperature, options.max_tokens, options.seed, options.reasoning == "show")
    with _loading(options, "").load(section.engine) as served:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # it stops an answer, as often as one likes
        converse(served, manner, sys.stdin, sys.stdout)
    return 0


def _loading(options: argparse.Namespace, name: str) -> "Loading":
    from temper.pipeline.card import find
    from temper.serving.loading import Loading

    found = find(options.folder)
    return Loading(found.checkpoint, name or found.name, options.context, options.threads)


def _token(name: str) -> str:
    token = os.environ.get(name, "").strip()
    if len(token) < 16 or not token.isascii() or not token.isprintable():
        raise ValueError(f"--token-env: {name} holds no token of 16 printable characters or more; export one")
    return token


def _verifier_new(options: argparse.Namespace) -> int:
    from temper.pipeline.scaffold import new_verifier

    paths, spec = new_verifier(options.name, Path.cwd())
    for path in paths:
        print(f"wrote {os.path.relpath(path)}")
    print(f'rows name it with "verifier": "{spec}"')
    if ":" in spec:
        print(f"rows of a recipe elsewhere may once it lists `verifiers.plugins: [{options.name}]`")
    return 0


def _rescore(options: argparse.Namespace) -> int:
    require("parquet", "rescore")
    from temper.pipeline.plugins import listed
    from temper.pipeline.rescore import rescore

    out = options.out or options.run_folder / "rescore.jsonl"
    found = rescore(options.run_folder, out, options.workers, listed(options.plugins))
    _say(found.table())
    if not found.same:
        print(f"not the same: {len(found.report):,} of {found.total.total():,}; all in {out}")
    return 0 if found.same else 1


def _recompute(options: argparse.Namespace) -> int:
    require("train", "recompute")
    from temper.pipeline.recompute import recompute

    found = recompute(options.run_folder)
    _say(found.table())
    if found.different:
        _say(f"first {found.different[0]}")
    return 1 if found.different else 0


def _sandbox_build(options: argparse.Namespace) -> int:
    from temper.sandboxes.image import build

    print(build(_languages(options), _packages(options)))
    return 0


def _sandbox_tools(options: argparse.Namespace) -> int:
    from temper.sandboxes.npm import install

    print("\n".join(install(_languages(options))))
    return 0


def _sandbox_doctor(options: argparse.Namespace) -> int:
    """A line a check; status 1 when neither a container nor the local fallback works."""
    from temper.sandboxes.doctor import doctor

    checks = doctor(_languages(options))
    for check in checks:
        remedy = f"; {check.remedy}" if check.remedy else ""
        print(f"{'ok' if check.ok else '--':3} {check.name:24} {check.detail}{remedy}")
    return 0 if any(check.ok and check.name in ("container", "local") for check in checks) else 1


def _sandbox_bench(options: argparse.Namespace) -> int:
    from temper.policy.atomic import write_atomic
    from temper.sandboxes.bench import bench, table

    found = bench(options.sandbox, options.seconds)
    print(table(found))
    if options.json:
        write_atomic(options.json, json.dumps(found) + "\n")
    return 0


def _languages(options: argparse.Namespace) -> tuple[str, ...]:
    from temper.sandboxes.box.languages import known

    return known(options.languages.split(","))


def _packages(options: argparse.Namespace) -> tuple[str, ...]:
    from temper.sandboxes.packages import known

    return known(name for name in options.packages.split(",") if name)


def _sandbox_sweep(options: argparse.Namespace) -> int:
    from temper.sandboxes.pool import sweep

    print(f"removed {sweep()} containers")
    return 0
