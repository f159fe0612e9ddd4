"""Every language: the same kinds of programs, the same verdicts."""
# programs as text, one a line
# ruff: noqa: E501

from collections.abc import Mapping

import pytest

from temper.sandboxes.box.languages import LANGUAGES, names_of
from temper.sandboxes.job import Job, Limits, Result, Sandbox, Stdio
from temper.sandboxes.pool import Pool

SUM = {
    "python": "input()\nprint(sum(map(int, input().split())))",
    "bash": "read n\nread -a xs\ns=0\nfor x in ${xs[@]}; do s=$((s + x)); done\necho $s",
    "c": '#include <stdio.h>\nint main(void) { int n, x, s = 0; scanf("%d", &n); while (n--) { scanf("%d", &x); s += x; } printf("%d\\n", s); }',
    "cpp": "#include <bits/stdc++.h>\nusing namespace std;\nint main() { int n; cin >> n; vector<int> v(n); for (auto& x : v) cin >> x; cout << accumulate(v.begin(), v.end(), 0) << endl; }",
    "javascript": "const lines = require('fs').readFileSync(0, 'utf8').split('\\n');\nconsole.log(lines[1].split(' ').map(Number).reduce((a, b) => a + b, 0));",
    "typescript": "import * as fs from 'fs';\nconst [, xs]: string[] = fs.readFileSync('/dev/stdin', 'utf8').split('\\n');\nconsole.log(xs.split(' ').map((x: string): number => Number(x)).reduce((a, b) => a + b, 0));",
    "java": "import java.util.*;\npublic class Solution { public static void main(String[] args) { Scanner in = new Scanner(System.in); int n = in.nextInt(), s = 0; while (n-- > 0) s += in.nextInt(); System.out.println(s); } }",
    "kotlin": 'fun main() {\n  readln()\n  println(readln().split(" ").map { it.toInt() }.sum())\n}',
    "go": 'package main\n\nimport (\n\t"bufio"\n\t"fmt"\n\t"os"\n)\n\nfunc main() {\n\tin := bufio.NewReader(os.Stdin)\n\tvar n, x, s int\n\tfmt.Fscan(in, &n)\n\tfor ; n > 0; n-- {\n\t\tfmt.Fscan(in, &x)\n\t\ts += x\n\t}\n\tfmt.Println(s)\n}',
    "rust": 'use std::io::{self, Read};\nfn main() { let mut text = String::new(); io::stdin().read_to_string(&mut text).unwrap(); let s: i64 = text.split_whitespace().skip(1).map(|x| x.parse::<i64>().unwrap()).sum(); println!("{s}"); }',
    "php": '<?php\nfscanf(STDIN, "%d", $n);\necho array_sum(explode(" ", fgets(STDIN))), "\\n";',
    "csharp": "using System;\nusing System.Linq;\nclass P { static void Main() { Console.ReadLine(); Console.WriteLine(Console.ReadLine().Split(' ').Select(int.Parse).Sum()); } }",
    "jsx": "import { readFileSync } from 'fs';\nimport { renderToStaticMarkup } from 'react-dom/server';\nconst Sum = ({ of }: { of: number[] }) => <>{of.reduce((a, b) => a + b, 0)}</>;\nconst xs = readFileSync(0, 'utf8').split('\\n')[1].split(' ').map(Number);\nconsole.log(renderToStaticMarkup(<Sum of={xs} />));",
}
UNICODE = {
    "bash": 'read x; echo "${x}ü"',
    "c": '#include <stdio.h>\nint main(void) { char s[99]; scanf("%98s", s); printf("%sü\\n", s); }',
    "cpp": '#include <iostream>\nint main() { std::string s; std::cin >> s; std::cout << s << "ü\\n"; }',
    "javascript": "import fs from 'fs';\nconsole.log(fs.readFileSync(0, 'utf8').trim() + 'ü');",
    "typescript": "const readline = require('readline');\nfor await (const line of readline.createInterface({ input: process.stdin })) console.log(line + 'ü');\nif (require.main !== module) console.log('no main');",
    "java": 'class A { static class B {} static String f(String s) { return s + "ü"; } }\nrecord Größe(int x) {}\nclass Main { public static void main(String... args) throws Exception { var in = new java.io.BufferedReader(new java.io.InputStreamReader(System.in)); System.out.println(A.f(in.readLine())); } }',
    "kotlin": 'fun main(args: Array<String>) { println(readLine() + "ü") }',
    "go": 'package main\n\nimport "fmt"\n\nfunc main() { var s string; fmt.Scan(&s); fmt.Println(s + "ü") }',
    "rust": 'fn main() { let s = std::io::stdin().lines().next().unwrap().unwrap(); println!("{}ü", s); }',
    "php": "<?php echo mb_strtolower(trim(fgets(STDIN))), 'ü', PHP_EOL;",
    "csharp": 'class P { static void Main() { System.Console.WriteLine(System.Console.ReadLine() + "ü"); } }',
    "jsx": "const fs = require('fs');\nimport { renderToStaticMarkup } from 'react-dom/server';\nconsole.log(renderToStaticMarkup(<>{fs.readFileSync(0, 'utf8').trim()}ü</>));",
}
THREADS = {
    "bash": "for i in 1 2 3 4; do (sleep .05; echo $i > f$i) & done; wait; cat f? | wc -l",
    "c": '#include <pthread.h>\n#include <stdio.h>\nstatic void* f(void* x) { return x; }\nint main(void) { pthread_t t[50]; long s = 0; for (long i = 0; i < 50; i++) if (pthread_create(&t[i], 0, f, (void*)1)) return 1; for (int i = 0; i < 50; i++) { void* x; pthread_join(t[i], &x); s += (long)x; } printf("%ld\\n", s / 12); }',
    "cpp": "#include <atomic>\n#include <chrono>\n#include <iostream>\n#include <thread>\n#include <vector>\nint main() { std::atomic<int> n{0}; std::vector<std::thread> ts; for (int i = 0; i < 50; i++) ts.emplace_back([&] { std::vector<int> v(100000, 1); std::this_thread::sleep_for(std::chrono::milliseconds(50)); n++; }); for (auto& t : ts) t.join(); std::cout << n / 12 << std::endl; }",
    "javascript": "const { Worker, isMainThread, parentPort } = require('worker_threads');\nif (isMainThread) { let n = 0; for (let i = 0; i < 4; i++) new Worker(__filename).on('message', x => { n += x; if (n === 4) console.log(n); }); } else parentPort.postMessage(1);",
    "typescript": "import { Worker } from 'worker_threads';\nconst all: Promise<number>[] = [1, 1, 1, 1].map(x => new Promise(done => new Worker(`require('worker_threads').parentPort.postMessage(${x})`, { eval: true }).on('message', done)));\nconsole.log((await Promise.all(all)).reduce((a, b) => a + b));",
    "java": "import java.util.stream.*;\npublic class T extends Thread { static int n; public void run() { synchronized (T.class) { n++; } }\n public static void main(String[] a) throws Exception { Thread[] ts = new Thread[30]; for (int i = 0; i < 30; i++) (ts[i] = new T()).start(); for (Thread t : ts) t.join(); System.out.println(n / 10 + (int) IntStream.range(0, 100).parallel().count() / 100); } }",
    "kotlin": "import kotlin.concurrent.thread\nfun main() { println((1..4).map { thread { Thread.sleep(20) } }.map { it.join(); 1 }.sum()) }",
    "go": 'package main\n\nimport (\n\t"fmt"\n\t"sync"\n\t"sync/atomic"\n)\n\nfunc main() {\n\tvar wg sync.WaitGroup\n\tvar n int64\n\tfor i := 0; i < 4000; i++ {\n\t\twg.Add(1)\n\t\tgo func() { defer wg.Done(); atomic.AddInt64(&n, 1) }()\n\t}\n\twg.Wait()\n\tfmt.Println(n / 1000)\n}',
    "rust": 'use std::thread;\nfn main() { let ts: Vec<_> = (0..40).map(|_| thread::spawn(|| 1)).collect(); println!("{}", ts.into_iter().map(|t| t.join().unwrap()).sum::<i32>() / 10); }',
    "csharp": "using System;\nusing System.Linq;\nusing System.Threading.Tasks;\nclass P { static void Main() { Console.WriteLine(Enumerable.Range(0, 4).Select(_ => Task.Run(() => 1)).Sum(t => t.Result)); } }",
}
BIG = {
    "python": "print('x' * 900000)",
    "bash": "head -c 900000 /dev/zero | tr '\\0' x; echo",
    "c": "#include <stdio.h>\nint main(void) { for (int i = 0; i < 900000; i++) putchar('x'); puts(\"\"); }",
    "cpp": "#include <iostream>\nint main() { std::cout << std::string(900000, 'x') << std::endl; }",
    "javascript": "console.log('x'.repeat(900000))",
    "typescript": "process.stdout.write('x'.repeat(900000) + '\\n')",
    "java": 'class B { public static void main(String[] a) { System.out.println("x".repeat(900000)); } }',
    "kotlin": 'fun main() { println("x".repeat(900000)) }',
    "go": 'package main\n\nimport (\n\t"fmt"\n\t"strings"\n)\n\nfunc main() { fmt.Println(strings.Repeat("x", 900000)) }',
    "rust": 'fn main() { println!("{}", "x".repeat(900000)); }',
    "php": "<?php echo str_repeat('x', 900000), \"\\n\";",
    "csharp": "class B { static void Main() { System.Console.WriteLine(new string('x', 900000)); } }",
    "jsx": "import { renderToStaticMarkup } from 'react-dom/server';\nprocess.stdout.write(renderToStaticMarkup(<>{'x'.repeat(900000)}</>) + '\\n')",
}
RAISES = {
    "bash": ("set -e\nfalse\necho no", "exit status 1"),
    "c": ("int main(void) { volatile int* p = 0; *p = 1; }", "SIGSEGV"),
    "cpp": ('#include <stdexcept>\nint main() { throw std::runtime_error("boom"); }', "SIGABRT"),
    "javascript": ("throw new TypeError('boom')", "TypeError: boom"),
    "typescript": ("const x: any = undefined; x.boom()", "reading 'boom'"),
    "java": (
        'class R { public static void main(String[] a) { throw new IllegalStateException("boom"); } }',
        "IllegalStateException: boom",
    ),
    "kotlin": ('fun main() { error("boom") }', "IllegalStateException: boom"),
    "go": ('package main\n\nfunc main() { panic("boom") }', "panic: boom"),
    "rust": (
        'fn main() { let v: Vec<i32> = vec![]; println!("{}", v[std::env::args().count()]); }',
        "index out of bounds",
    ),
    "php": ("<?php echo intdiv(1, 0);", "DivisionByZeroError"),
    "csharp": ('class R { static void Main() { throw new System.Exception("boom"); } }', "System.Exception: boom"),
    "jsx": (
        "import { renderToStaticMarkup } from 'react-dom/server';\nconst A = () => { throw new TypeError('boom'); };\nrenderToStaticMarkup(<A />)",
        "TypeError: boom",
    ),
}
EXITS = {
    "bash": "echo said; exit 3",
    "c": "#include <stdlib.h>\nint main(void) { exit(3); }",
    "cpp": "int main() { return 3; }",
    "javascript": "process.exit(3)",
    "typescript": "process.exitCode = 3",
    "java": "class E { public static void main(String[] a) { System.exit(3); } }",
    "kotlin": "import kotlin.system.exitProcess\nfun main() { exitProcess(3) }",
    "go": 'package main\n\nimport "os"\n\nfunc main() { os.Exit(3) }',
    "rust": "fn main() { std::process::exit(3) }",
    "php": "<?php exit(3);",
    "csharp": "class E { static int Main() { return 3; } }",
    "jsx": "const a = <p />; process.exitCode = 3",
}
REFUSED = {
    "c": ("int main(void) { return nothing; }", "nothing"),
    "cpp": ("#include <vector>\nint main() { std::vector<int> v = std::vector<int>::nothing(); }", "nothing"),
    "typescript": ("const x: number = ;", 'Unexpected ";"'),
    "java": ("public class Main { void f() { nothing(); } }", "nothing"),
    "kotlin": ("fun main() { nothing() }", "nothing"),
    "go": ('package main\n\nimport "os"\n\nfunc main() {}', "imported and not used"),
    "rust": ('fn main() { let s = String::new(); drop(s); println!("{}", s); }', "borrow of moved value"),
    "csharp": ("class P { static void Main() { nothing(); } }", "nothing"),
    "jsx": ("const x = <p>;", "Unexpected end of file"),
}
LOOPS = {
    "bash": "while :; do :; done",
    "c": "int main(void) { for (volatile int i;;) i++; }",
    "cpp": "int main() { for (volatile int i;;) i = i + 1; }",
    "javascript": "for (;;) {}",
    "typescript": "while (true) {}",
    "java": "class L { public static void main(String[] a) { for (int i = 0;; i++); } }",
    "kotlin": "fun main() { while (true) {} }",
    "go": "package main\n\nfunc main() { for {} }",
    "rust": "fn main() { loop { std::hint::spin_loop(); } }",
    "php": "<?php while (true) {}",
    "csharp": "class L { static void Main() { for (;;) {} } }",
    "jsx": "const a = <p />; for (;;) {}",
}
HOGS = {
    "bash": "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done",
    "c": "#include <stdlib.h>\n#include <string.h>\nint main(void) { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }",
    "cpp": "#include <vector>\nint main() { std::vector<std::vector<int>> v; for (;;) v.emplace_back(1 << 18, 1); }",
    "javascript": "const x = []; for (;;) x.push(new Array(1000).fill(x.length));",
    "typescript": "const x: Buffer[] = []; for (;;) x.push(Buffer.alloc(1 << 20, 1));",
    "java": "class H { public static void main(String[] a) { var x = new java.util.ArrayList<long[]>(); for (;;) x.add(new long[100000]); } }",
    "kotlin": "fun main() { val x = ArrayList<LongArray>(); while (true) x.add(LongArray(100000)) }",
    "go": "package main\n\nfunc main() {\n\tvar x [][]byte\n\tfor {\n\t\tb := make([]byte, 1<<20)\n\t\tfor i := range b {\n\t\t\tb[i] = 1\n\t\t}\n\t\tx = append(x, b)\n\t}\n}",
    "rust": "fn main() { let mut x = vec![]; loop { x.push(vec![1u8; 1 << 20]); std::hint::black_box(&x); } }",
    "php": "<?php $x = []; while (true) $x[] = str_repeat('x', 100000);",
    "csharp": "class H { static void Main() { var x = new System.Collections.Generic.List<byte[]>(); for (;;) { var b = new byte[1 << 20]; for (int i = 0; i < b.Length; i += 4096) b[i] = 1; x.Add(b); } } }",
    "jsx": "const x = []; for (;;) x.push(<p>{new Array(1000).fill(x.length)}</p>);",
}
HUGE = {
    "cpp": "#include <iostream>\nint main(int n, char**) { std::cout << new char[n * (1L << 40)]; }",
    "javascript": "new ArrayBuffer(2 ** 40)",
    "java": "class H { public static void main(String[] a) { System.out.println(new long[1 << 29].length); } }",
    "kotlin": "fun main() { println(LongArray(1 shl 29).size) }",
    "rust": 'fn main() { let v: Vec<u8> = Vec::with_capacity(1 << 46); println!("{:p}", v.as_ptr()); }',
    "php": "<?php echo strlen(str_repeat('x', 1 << 30));",
}
FLOODS = {
    "bash": "yes",
    "cpp": '#include <cstdio>\nint main() { for (;;) puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); }',
    "javascript": "for (;;) require('fs').writeSync(1, 'x'.repeat(1000))",
    "java": 'class F { public static void main(String[] a) { for (;;) System.out.println("xxxxxxxxxxxxxxxxxx"); } }',
    "go": 'package main\n\nimport "os"\n\nfunc main() { for { os.Stdout.WriteString("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") } }',
    "php": "<?php while (true) echo 'xxxxxxxxxxxxxxxxxxx';",
}
BOMBS = {
    "bash": "for ((;;)); do sleep 9 & done 2> /dev/null",
    "c": "#include <unistd.h>\nint main(void) { for (;;) if (!fork()) pause(); }",
    "cpp": "#include <thread>\n#include <unistd.h>\nint main() { for (;;) try { std::thread([] { pause(); }).detach(); } catch (...) { } }",
    "javascript": "const { Worker } = require('worker_threads'); for (;;) new Worker('setInterval(() => 0, 1000)', { eval: true });",
    "java": "class T { public static void main(String[] a) { for (;;) new Thread(() -> { try { Thread.sleep(100000); } catch (Exception e) { } }).start(); } }",
    "go": 'package main\n\nimport "syscall"\n\nfunc main() { for i := 0; i < 1000; i++ { go syscall.Pause() }; syscall.Pause() }',
}
GARBAGE = {
    "javascript": "let n = 0; for (let i = 0; i < 3e6; i++) n += new Array(50).fill(i).length; console.log(n / 1e6)",
    "java": "class G { public static void main(String[] a) { long n = 0; for (int i = 0; i < 3000; i++) n += new int[1 << 18].length; System.out.println(n / 5242880); } }",
    "kotlin": "fun main() { var n = 0L; for (i in 1..3000) n += IntArray(1 shl 18).size; println(n / 5242880) }",
    "csharp": "class G { static void Main() { long n = 0; for (int i = 0; i < 3000; i++) n += new int[1 << 18].Length; System.Console.WriteLine(n / 5242880); } }",
    "go": 'package main\n\nimport "fmt"\n\nvar x []int32\n\nfunc main() {\n\tn := 0\n\tfor i := 0; i < 3000; i++ {\n\t\tx = make([]int32, 1<<18)\n\t\tn += len(x)\n\t}\n\tfmt.Println(n / 5242880)\n}',
}
DEEP = {
    "c": '#include <stdio.h>\nint f(volatile int n) { return n ? 1 + f(n - 1) : 0; }\nint main(void) { printf("%d\\n", f(100000)); }',
    "cpp": "#include <iostream>\nint f(volatile int n) { return n ? 1 + f(n - 1) : 0; }\nint main() { std::cout << f(100000) << std::endl; }",
    "java": "class D { static int f(int n) { return n == 0 ? 0 : 1 + f(n - 1); } public static void main(String[] a) { System.out.println(f(100000)); } }",
    "kotlin": "fun f(n: Int): Int = if (n == 0) 0 else 1 + f(n - 1)\nfun main() { println(f(100000)) }",
    "go": 'package main\n\nimport "fmt"\n\nfunc f(n int) int {\n\tif n == 0 {\n\t\treturn 0\n\t}\n\treturn 1 + f(n-1)\n}\n\nfunc main() { fmt.Println(f(100000)) }',
    "rust": 'fn f(n: i32) -> i32 { if std::hint::black_box(n) == 0 { 0 } else { 1 + f(n - 1) } }\nfn main() { println!("{}", f(100000)); }',
    "php": '<?php function f($n) { return $n ? 1 + f($n - 1) : 0; } echo f(100000), "\\n";',
    "csharp": "class D { static int F(int n) { return n == 0 ? 0 : 1 + F(n - 1); } static void Main() { System.Console.WriteLine(F(100000)); } }",
}
RECENT = {
    "python": 'from itertools import batched\ndef first[T](rows: list[T]) -> T: return rows[0]\nprint(f"{"".join(first([*batched(\'4 2\', 1)]))}")',
    "cpp": '#include <format>\n#include <iostream>\nint main() { std::cout << std::format("{}\\n", 4); }',
    "javascript": "console.log([4, 5].toReversed().at(1))",
    "typescript": "enum A { x = 4 }\nconst found = [5, 4].toSorted((a: number, b: number) => a - b) satisfies number[];\nconsole.log(found[0] === A.x ? 4 : 5)",
    "java": "void main() { IO.println(switch ((Object) 4) { case Integer n when n > 3 -> n; default -> 5; }); }",
    "go": 'package main\n\nimport (\n\t"fmt"\n\t"slices"\n)\n\nfunc main() {\n\tvar xs []int\n\tfor i := range 5 {\n\t\txs = append(xs, max(i, 1))\n\t}\n\tfmt.Println(slices.Max(xs))\n}',
    "rust": 'fn main() { println!("{}", std::iter::repeat_n(2, 2).sum::<i32>().isqrt().pow(2)); }',
    "php": "<?php echo array_find([3, 4, 5], fn($x) => $x > 3), PHP_EOL;",
    "jsx": "console.log([<p key='a'>{4}</p>].with(0, 4).toReversed().at(0))",
}
"""What no language of Debian 12 takes."""
LIMITS = Limits(cpu_s=5)


def run(box: Sandbox, language: str, source: str, *inputs: str, limits: Limits = LIMITS) -> list[Result]:
    assert isinstance(box, Pool)
    if language not in box.languages:
        pytest.skip(f"no {language} here")
    return box.run(Job(language=language, source=source, tests=Stdio(inputs=inputs or ("",)), limits=limits))


@pytest.mark.parametrize("language", SUM)
def test_a_program_reads_stdin_and_prints(box: Sandbox, language: str) -> None:
    results = run(box, language, SUM[language], "3\n1 2 3\n", "1\n41\n")
    assert [(r.outcome, r.stdout, r.detail) for r in results] == [("finished", "6\n", ""), ("finished", "41\n", "")]


def printing() -> list[tuple[str, str, str, str]]:
    table: list[tuple[str, Mapping[str, str], str, str]] = [
        ("hello", {name: language.hello for name, language in LANGUAGES.items()}, "", "sound\n"),
        ("unicode", UNICODE, "ß\n", "ßü\n"),
        ("threads", THREADS, "", "4\n"),
        ("big output", BIG, "", "x" * 900_000 + "\n"),
        ("garbage", GARBAGE, "", "150\n"),
        ("deep recursion", DEEP, "", "100000\n"),
    ]
    return [(language, program, stdin, out) for _, rows, stdin, out in table for language, program in rows.items()]


@pytest.mark.parametrize(("language", "source", "stdin", "expected"), printing())
def test_an_honest_program_is_accepted(box: Sandbox, language: str, source: str, stdin: str, expected: str) -> None:
    (result,) = run(box, language, source, stdin)
    assert (result.outcome, result.stdout, result.detail) == ("finished", expected, "")


@pytest.mark.docker
@pytest.mark.parametrize("language", RECENT)
def test_the_images_languages_are_recent(docker_box: Sandbox, language: str) -> None:
    (result,) = run(docker_box, language, RECENT[language])
    assert (result.outcome, result.stdout, result.detail) == ("finished", "4\n", "")


def test_a_c_program_may_forget_its_headers(box: Sandbox) -> None:
    source = 'main() { char* s = malloc(9); int* n = s; n = 4; printf("%d\\n", n); return 0; }'
    (result,) = run(box, "c", source)
    assert (result.outcome, result.stdout) == ("finished", "4\n"), result.detail


@pytest.mark.parametrize("language", RAISES)
def test_an_uncaught_error_is_named(box: Sandbox, language: str) -> None:
    source, reason = RAISES[language]
    (result,) = run(box, language, source)
    assert result.outcome == "runtime_error"
    assert reason in result.detail


@pytest.mark.parametrize("language", EXITS)
def test_an_exit_status_is_no_success(box: Sandbox, language: str) -> None:
    (result,) = run(box, language, EXITS[language])
    assert (result.outcome, result.detail) == ("runtime_error", "exit status 3")


@pytest.mark.parametrize("language", REFUSED)
def test_a_compile_error_carries_the_compilers_words(box: Sandbox, language: str) -> None:
    source, reason = REFUSED[language]
    results = run(box, language, source, "", "")
    assert [r.outcome for r in results] == ["compile_error"] * 2
    assert reason in results[0].detail
    assert len(results[0].detail) <= 500


def broken_limits() -> list[tuple[str, str, str]]:
    table = [("time", LOOPS), ("memory", HOGS), ("memory", HUGE), ("output", FLOODS), ("processes", BOMBS)]
    return [(language, outcome, source) for outcome, rows in table for language, source in rows.items()]


@pytest.mark.parametrize(("language", "outcome", "source"), broken_limits())
def test_a_limit_is_named(box: Sandbox, language: str, outcome: str, source: str) -> None:
    limits = Limits(cpu_s=0.4 if outcome == "time" else 10, memory_mb=128 if outcome == "memory" else 512)
    (result,) = run(box, language, source, limits=limits)
    assert result.outcome == outcome, result.detail


COMPILER_BOMBS = {
    "endless source": ("c", '#include "/dev/zero"\nint main(void) {}'),
    "template recursion": ("cpp", "template <int n> struct A { A<n + 1> a; A<n + 2> b; };\nA<0> a;\nint main() {}"),
    "instantiations": ("cpp", "template <long n, int d> struct A { A<2 * n, d - 1> a; A<2 * n + 1, d - 1> b; };\ntemplate <long n> struct A<n, 0> {};\nA<0, 40> a;\nint main() {}"),
    "huge binary": ("c", "char x[1L << 30] = {1};\nint main(void) { return x[1]; }"),
    "endless output": ("c", '#define A(x) x x x x x x x x x x\nint main(void) { A(A(A(A(A(A("x"))))) }'),
    "itself": ("c", '#include "program.c"'),
    "stdin": ("c", '#include "/dev/stdin"\nint main(void) { return 3 +; }'),
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.whole if name == "instantiations" else ()) for name in COMPILER_BOMBS]
)
def test_a_program_that_no_compiler_survives_is_the_models_fault(box: Sandbox, name: str) -> None:
    language, source = COMPILER_BOMBS[name]
    (result,) = run(box, language, source)
    assert result.outcome == "compile_error"
    assert run(box, "python", "print(3)")[0].stdout == "3\n"


def test_a_compiled_program_cannot_change_what_its_next_test_runs(box: Sandbox) -> None:
    source = r"""
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    int changed = !unlink("program") + !rename("program", "other") + !chmod("program", 0777);
    changed += open("program", O_WRONLY) >= 0 || open("program.c", O_WRONLY) >= 0;
    printf("%d %d\n", changed, access("left", F_OK));
    fclose(fopen("left", "w"));
}
"""
    results = run(box, "c", "#include <sys/stat.h>" + source, "", "")
    assert [r.stdout for r in results] == ["0 -1\n"] * 2


def test_each_language_that_runs_sums_up() -> None:
    assert {*SUM, "css"} == set(LANGUAGES)


@pytest.mark.parametrize(
    ("standard", "version"), [("", 202002), ("c++11", 201103), ("c++14", 201402), ("c++17", 201703), ("c++20", 202002)]
)
def test_a_job_names_the_standard_of_cpp(box: Sandbox, standard: str, version: int) -> None:
    source = '#include <cstdio>\nint main() { std::printf("%ld\\n", __cplusplus); }'
    job = Job(language="cpp", standard=standard, source=source, tests=Stdio(inputs=("",)))
    assert [r.stdout for r in box.run(job)] == [f"{version}\n"]


def test_cpp_of_2023_is_there_where_it_is_named(box: Sandbox) -> None:
    source = (
        "#include <expected>\n#include <iostream>\n#include <string>\n"
        "struct M { int operator[](int x, int y) const { return x * y; } };\n"
        "consteval int at() { if consteval { return 6; } else { return 0; } }\n"
        'std::expected<int, std::string> f(int x) { if (x < 0) return std::unexpected("no"); return x; }\n'
        "int main() { std::cout << M{}[at(), 7] + f(0).value() << f(-1).error() << 0uz << std::endl; }\n"
    )
    found = [
        box.run(Job(language="cpp", standard=standard, source=source, tests=Stdio(inputs=("",))))[0]
        for standard in ("c++23", "c++20")
    ]
    assert [(r.outcome, r.stdout) for r in found] == [("finished", "42no0\n"), ("compile_error", "")]


WHEN_COMPILED = {
    "cpp": '#include <cstdio>\n#include <sys/stat.h>\nint main() { struct stat s; stat("/proc/self/exe", &s); printf("%ld.%09ld\\n", (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec); }',
    "java": 'import java.nio.file.*;\nclass Main { public static void main(String[] a) throws Exception { Path here = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI()); System.out.println(Files.getLastModifiedTime(here.resolve("Main.class"))); } }',
    "go": 'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {\n\tpath, _ := os.Executable()\n\tfile, _ := os.Stat(path)\n\tfmt.Println(file.ModTime().UnixNano())\n}',
}
"""Programs that print when the compiler wrote them."""


@pytest.mark.parametrize("language", WHEN_COMPILED)
def test_ten_tests_compile_once(box: Sandbox, language: str) -> None:
    times = [{r.stdout for r in run(box, language, WHEN_COMPILED[language], *[""] * tests)} for tests in (10, 1)]
    assert [len(seen) for seen in times] == [1, 1]
    assert times[0] != times[1], "another job compiles anew"


@pytest.mark.parametrize(
    ("language", "source", "file", "main"),
    [
        ("java", "public class Foo { }", "Foo.java", "Foo"),
        ("java", "class A { static class B { } }\npublic final class Foo { static void main(String[] a) {} }", "Foo.java", "Foo"),
        ("java", "class Node { }\nclass Run { static class C { } public static void main(String[] a) {} }", "Run.java", "Run"),
        ("java", "public interface Shape { }\nclass Run { public static void main(String[] a) {} }", "Shape.java", "Run"),
        ("java", "// public class No {\n/* public class No */ class Yes { String s = \"public class No {\"; char c = '\"'; void f() { } public static void main(String[] a) {} }", "Yes.java", "Yes"),
        ("java", "package a.b;\npublic enum E { X; public static void main(String[] a) {} }", "E.java", "a.b.E"),
        ("java", "public record P(int x) { public static void main(String[] a) {} }", "P.java", "P"),
        ("java", "int x = ;", "Main.java", "Main"),
        ("javascript", "import fs from 'fs'", "program.mjs", ""),
        ("javascript", "const x = await f()", "program.mjs", ""),
        ("javascript", "export const x = 1", "program.mjs", ""),
        ("javascript", "import('fs').then(f)", "program.js", ""),
        ("javascript", "async function f() {\n  await g()\n}", "program.js", ""),
        ("javascript", "exports.x = 1", "program.js", ""),
        ("rust", "public class Foo", "program.rs", ""),
    ],
)  # fmt: skip
def test_the_file_is_named_as_the_language_wants_it(language: str, source: str, file: str, main: str) -> None:
    assert names_of(language, source) == {"file": file, "main": main}
