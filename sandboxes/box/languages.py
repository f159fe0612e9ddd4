"""The languages of a job: what its file is called, how it is compiled and run, and which Debian packages it
needs.

Python is not in need of a command: its tests are forked from the warm interpreter. One entry adds another
language. The versions are those of Debian 13, whose packages the image is made of.

- **C, C++**: the GNU dialects of C17 and C++20 (a job may say another, as C++23), optimised, C with the mathematical
  library. A C function that nobody declared, or a pointer of another type, is a warning, as it was until GCC 14.
- **JavaScript** runs as under `node program.js`, and as a module where a line begins with `import`, `export` or an
  `await` outside of functions, as newer Nodes tell it.
- **TypeScript** has its types stripped, not checked (esbuild); it is a module in which `require` and `module` exist.
- **JSX**, with types or without, is TypeScript in one file with React and `react-dom/server`, npm's, in production.
- **CSS** runs nothing: `computed.mjs` reads the stylesheet beside a document and says what it computes there.
- **Java**: the file is named after its public type, whatever that is called; the class that holds `main` is run.
- **Rust**: the 2021 edition, optimised: an overflow wraps.
- **Kotlin** has its `main` outside of classes; the compiler is npm's, for Debian's is of 2019.
- **Go** without C; **C#** is what `mcs` takes, about C# 7. Of both the standard libraries alone. In `local`, Go 1.20 or
  later compiles what a program imports of its library anew for each job, which takes seconds.

What a runtime would size by the cores of the machine has a fixed size here. Where it has a heap of its own, three
quarters of the test's memory are the heap's, and an exhausted heap is a memory verdict.
"""

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple


class Npm(NamedTuple):
    """A package of npm, and with it those that it depends on; the versions are in `package-lock.json`."""

    name: str
    files: tuple[str, ...] = ("package.json", "*.js", "*.mjs", "*.cjs", "*.json", "LICENSE*")
    """What is needed of each: patterns of the paths in it."""


class Language(NamedTuple):
    file: str
    packages: tuple[str, ...]
    tools: tuple[str, ...]
    """Programs of those packages that a slot calls, and files that it needs."""
    hello: str
    """A program that prints `sound` when it reads nothing."""
    run: tuple[str, ...] = ()
    """May hold {heap_mb}, {standard}, and {file} and {main} as `names_of` finds them."""
    compile: tuple[str, ...] = ()
    npm: tuple[Npm, ...] = ()
    """Unpacked in `NPM_PLACE`."""
    prepare: str = ""
    """A shell command that readies the image once."""
    standards: tuple[str, ...] = ()
    """Those of the language that `compile` takes for {standard}, the one that goes without saying first."""
    address_limit: bool = False
    """Whether RLIMIT_AS is safe (it breaks Node, the JVM and Go)."""


PYTHON = "python"
COMPILE_MB = 1024
"""Memory of a compiler, in MiB."""
JVM = ("java", "-Xmx{heap_mb}m", "-Xss64m", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=2", "-XX:-UsePerfData")
JAVAC_JVM = ("-J-Xmx512m", "-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-J-XX:ActiveProcessorCount=2")
NPM_PLACE = "/usr/lib/node_modules"
KOTLIN = Npm(
    "kotlin-compiler",
    tuple(
        f"lib/{name}.jar"
        for name in (
            "kotlin-compiler",
            "kotlin-stdlib",
            "kotlin-script-runtime",
            "annotations-13.0",
            "kotlinx-coroutines-core-jvm",
        )
    ),
)
KOTLIN_HOME = f"{NPM_PLACE}/{KOTLIN.name}"
KOTLIN_COMPILER = f"{KOTLIN_HOME}/lib/kotlin-compiler.jar"
KOTLIN_QUIET = (
    "-XX:+IgnoreUnrecognizedVMOptions",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
"""A recent JVM warns of what the compiler does, before any word of the compiler's own; an older one knows no such
option."""
NODE = ("node", "--max-old-space-size={heap_mb}")
COMMON_JS = (
    'import{createRequire as $r}from"node:module";globalThis.require=$r(import.meta.url);'
    "globalThis.exports={};require.main=globalThis.module={exports,filename:process.argv[1]};"
    "globalThis.__filename=process.argv[1];globalThis.__dirname=process.cwd();"
)
"""What a TypeScript program may use of the older module system."""
CSS_SOURCE = f"{NPM_PLACE}/temper/computed.mjs"
CSS_ENGINE = f"{NPM_PLACE}/temper/computed.cjs"
CSS_BUNDLE = (
    f"NODE_PATH={NPM_PLACE} esbuild {CSS_SOURCE} --outfile={CSS_ENGINE} --bundle --platform=node --target=node18"
    " --minify --log-level=error"
)
"""To load a thousand files takes seconds, to load one a tenth."""
PHP = ("php", "-d", "memory_limit={heap_mb}M", "-d", "display_errors=stderr", "-d", "log_errors=0")
GO = ("env", "GOMAXPROCS=2")
GO_BUILD = (*GO, "CGO_ENABLED=0", "GODEBUG=installgoroot=all", "go")
"""Since Go 1.20 the standard library is shipped as source alone. The image holds it compiled, in its old place, which
the build of the image and every later call of the compiler have to ask for (`installgoroot`)."""
LANGUAGES = {
    PYTHON: Language("program.py", ("python3", "python3-pytest"), (), "print('sound')", address_limit=True),
    "bash": Language("program.sh", ("bash",), ("bash",), "echo sound", ("bash", "program.sh"), address_limit=True),
    "c": Language(
        "program.c",
        ("gcc", "libc6-dev"),
        ("gcc",),
        '#include <stdio.h>\nint main(void) { puts("sound"); }',
        ("./program",),
        (
            "gcc", "-O2", "-std=gnu17", "-fmax-errors=3", "-Wno-error=implicit-function-declaration",
            "-Wno-error=implicit-int", "-Wno-error=int-conversion", "-Wno-error=incompatible-pointer-types",
            "-o", "program", "program.c", "-lm",
        ),
        address_limit=True,
    ),
    "cpp": Language(
        "program.cpp",
        ("g++",),
        ("g++",),
        '#include <iostream>\nint main() { std::cout << "sound\\n"; }',
        ("./program",),
        ("g++", "-O2", "-std={standard}", "-fmax-errors=3", "-o", "program", "program.cpp"),
        address_limit=True,
        standards=("c++20", "c++11", "c++14", "c++17", "c++23"),
    ),
    "javascript": Language("program.js", ("nodejs",), ("node",), "console.log('sound')", (*NODE, "{file}")),
    "typescript": Language(
        "program.ts",
        ("nodejs", "esbuild"),
        ("node", "esbuild"),
        "const said: string = 'sound'; console.log(said)",
        (*NODE, "program.mjs"),
        (
            *GO, "esbuild", "program.ts", "--outfile=program.mjs", "--format=esm", "--target=node18",
            "--log-level=error", "--log-limit=3", f"--banner:js={COMMON_JS}",
        ),
    ),
    "jsx": Language(
        "program.jsx",
        ("nodejs", "esbuild"),
        ("node", "esbuild", f"{NPM_PLACE}/react/index.js", f"{NPM_PLACE}/react-dom/server.node.js"),
        "import { renderToStaticMarkup } from 'react-dom/server';\n"
        "const Said = () => <>sound</>;\nconsole.log(renderToStaticMarkup(<Said />));",
        (*NODE, "program.mjs"),
        (
            *GO, f"NODE_PATH={NPM_PLACE}", "esbuild", "program.jsx", "--outfile=program.mjs", "--format=esm",
            "--target=node18", "--bundle", "--platform=node", "--loader:.jsx=tsx", "--jsx=automatic",
            '--define:process.env.NODE_ENV="production"', "--log-level=error", "--log-limit=3",
            f"--banner:js={COMMON_JS}",
        ),
        npm=(Npm("react"), Npm("react-dom")),
    ),
    "css": Language(
        "program.css",
        ("nodejs", "esbuild"),
        ("node", CSS_ENGINE),
        ":root { --said: sound }",
        (*NODE, CSS_ENGINE),
        npm=(Npm("@siteimprove/alfa-style"), Npm("css-tree"), Npm("parse5")),
        prepare=CSS_BUNDLE,
    ),
    "java": Language(
        "Main.java",
        ("openjdk-25-jdk-headless",),
        ("java", "javac"),
        'class Hello { public static void main(String[] args) { System.out.println("sound"); } }',
        (*JVM, "-cp", ".", "{main}"),
        ("javac", *JAVAC_JVM, "-nowarn", "-encoding", "UTF-8", "-d", ".", "{file}"),
    ),
    "kotlin": Language(
        "program.kt",
        ("openjdk-25-jre-headless",),
        ("java", KOTLIN_COMPILER),
        'fun main() { println("sound") }',
        (*JVM, "-jar", "program.jar"),
        (
            "java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ActiveProcessorCount=2",
            "-XX:-UsePerfData", *KOTLIN_QUIET, "-cp", KOTLIN_COMPILER, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler",
            "-kotlin-home", KOTLIN_HOME, "-nowarn", "-no-reflect", "-include-runtime", "-d", "program.jar",
            "program.kt",
        ),
        npm=(KOTLIN,),
    ),
    "go": Language(
        "program.go",
        ("golang-go",),
        ("go",),
        'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("sound") }',
        (*GO, "./program"),
        (*GO_BUILD, "build", "-o", "program", "program.go"),
        prepare=f"HOME=/tmp/go {' '.join(GO_BUILD)} install std && rm -rf /tmp/go",
    ),
    "rust": Language(
        "program.rs",
        ("rustc-web",),
        ("rustc",),
        'fn main() { println!("sound"); }',
        ("./program",),
        (
            "rustc", "-O", "--edition=2021", "-Cstrip=symbols", "-Ccodegen-units=1", "-Awarnings", "-o", "program",
            "program.rs",
        ),
    ),
    "php": Language(
        "program.php",
        ("php-cli", "php-mbstring", "php-bcmath", "php-gmp"),
        ("php",),
        "<?php echo 'sound', PHP_EOL;",
        (*PHP, "program.php"),
    ),
    "csharp": Language(
        "program.cs",
        ("mono-mcs", "mono-runtime", "libmono-system-numerics4.0-cil"),
        ("mono", "mcs"),
        'class Hello { static void Main() { System.Console.WriteLine("sound"); } }',
        ("mono", "program.exe"),
        ("mcs", "-optimize+", "-warn:0", "-r:System.Numerics.dll", "-out:program.exe", "program.cs"),
    ),
}  # fmt: skip
_HOLE = re.compile(r"\{(?:heap_mb|file|main|standard)\}")
_MODULE = re.compile(
    r"^(?:import\b(?!\s*\()|export\b(?!\s*[=.(:])|(?:for\s+)?await\b|(?:const|let|var)\s[^=\n]*=\s*await\b)",
    re.MULTILINE,
)
_JAVA_NOISE = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\\?\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?",
    re.DOTALL,
)
"""Comments, texts and characters. One that stands open reaches to its end, or a hostile source would take for ever."""
_JAVA = re.compile(
    r"(?P<brace>[{}])|\bpackage\s+(?P<package>[\w.$]+)\s*;|\bvoid\s+(?P<main>main)\s*\("
    r"|(?P<public>\bpublic\s+)?(?:\b(?:abstract|final|sealed|strictfp)\s+|\bnon-sealed\s+){0,3}"
    r"\b(?:class|interface|enum|record)\s+(?P<type>[\w$]+)"
)


def known(names: Iterable[str]) -> tuple[str, ...]:
    """The names. Raises ValueError for a language that no sandbox has."""
    for name in names:
        if name not in LANGUAGES:
            raise ValueError(f"unknown language {name!r}; known are {', '.join(LANGUAGES)}")
    return tuple(names)


@functools.lru_cache(maxsize=1)
def names_of(language: str, source: str) -> dict[str, str]:
    """`file`: what the source is called; `main`: the class to run (Java)."""
    if language == "java":
        return _java_names(source)
    file = LANGUAGES[language].file
    if language == "javascript" and _MODULE.search(source):
        file = "program.mjs"
    return {"file": file, "main": ""}


def _java_names(source: str) -> dict[str, str]:
    """The public type of the file names it, else the one with `main` does; without either the compiler, or the JVM,
    says what is missing."""
    depth, outer, package, public, main = 0, "", "", "", ""
    for found in _JAVA.finditer(_JAVA_NOISE.sub(" ", source)):
        depth += {"{": 1, "}": -1}.get(found["brace"], 0)
        package = package or found["package"] or ""
        if found["main"] and depth == 1:
            main = main or outer
        elif found["type"] and depth == 0:
            outer = found["type"]
            public = public or (outer if found["public"] else "")
    main = main or public or outer or "Main"
    return {"file": f"{public or main}.java", "main": f"{package}.{main}" if package else main}


def command(words: tuple[str, ...], names: dict[str, str], memory_mb: int, standard: str = "") -> list[str]:
    """The words of a command with their holes filled. `standard` as `Language.standards` names it: its GNU dialect is
    taken."""
    # Of 512 MiB 384 are the heap; the rest is the runtime's own: code, stacks, buffers.
    filled = {"{heap_mb}": str(max(16, memory_mb * 3 // 4)), "{standard}": standard.replace("c", "gnu", 1)}
    filled |= {"{file}": names["file"], "{main}": names["main"]}
    return [_HOLE.sub(lambda hole: filled[hole[0]], word) for word in words]
