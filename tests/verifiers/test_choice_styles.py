"""Honest answers in many styles and for many letters are read, and the longer list of hostile ones is not.

In a style `{L}` is the chosen letter, `{M}`, `{N}`, `{O}` are others, `{S}` is the chosen one small, `{W}` fullwidth,
`{R}` in a ring.
"""
# tables, many cases a line
# ruff: noqa: E501

import itertools
import string
from collections.abc import Iterator

import pytest

from temper.verifiers.reading.letter import Offered
from temper.verifiers.reading.statement import stated_choice

MARKS = [
    "${L}$", "${L}$.", "\\({L}\\)", "\\({L}\\).", "\\[{L}\\]", "$\\mathbf{{{L}}}$", "$\\boldsymbol{{{L}}}$.", "$\\text{{{L}}}$", "\\text{{{L}}}", "\\textbf{{{L}}}.",
    "\\mathrm{{{L}}}", "\"{L}\"", "“{L}”", "“{L}”.", "«{L}»", "「{L}」", "**{L}**", "**{L}**.", "__{L}__", "_{L}_", "*{L}*.", "~~{L}~~", "`{L}`.", "***{L}***", "<b>{L}</b>",
    "<strong>{L}</strong>.", "<b>({L})</b>", "<p>{L}</p>", "({L}),", "[{L}].", "{L}。", "{L}．", "{L}！", "（{L}）", "【{L}】", "( {L} )", "({L}.)", "{L} .", "> {L}", "# {L}",
    "({S})",
]  # fmt: skip
BOXES = [
    "\\boxed{{\\textbf{{{L}}}}}", "\\boxed{{\\text{{({L})}}}}", "\\boxed{{\\mathrm{{{L}}}}}", "\\boxed{{\\textbf{{({L})}}\\ 12}}", "\\boxed{{\\text{{{L}}}}}.",
    "$\\boxed{{\\mathbf{{{L}}}}}$", "\\boxed{{\\textbf{{{L}) }} 12}}", "\\boxed{{\\text{{{L}. }} green}}", "\\boxed{{\\boxed{{{L}}}}}", "\\fbox{{{L}}}", "\\boxed {L}",
    "\\boxed{{ {L} }}", "\\boxed{{{{{L}}}}}", "\\boxed{{\\bf {L}}}", "\\boxed{{{L}!}}", "\\boxed{{\"{L}\"}}", "\\boxed{{'{L}'}}", "**Final Answer:** $\\boxed{{{L}}}$",
    "Here \\boxed{{x^2}} holds.\n\n**Answer: {L}**", "So x = \\boxed{{42}}.\n\nAnswer: {L}", "\\boxed{{42}}\n\nThe answer is {L}.", "\\boxed{{}}\n{L}",
    "\\boxed{{\\frac{{1}}{{2}}}}, so ({L})\n\nAnswer: ({L})", "\\boxed{{x}}. Answer: {L}", "We get \\boxed{{12}}.\n{L}", "The answer is {N}. \\boxed{{{L}}}",
    "Answer: \\boxed{{{L}}}", "\\boxed{{{N}}} is wrong.\n\\boxed{{{L}}}", "\\boxed{{{M} - x}}\n\\boxed{{{L} - green}}", "\\boxed{{{L} – green}}", "\\boxed{{{L}: green}}",
    "\\boxed{{{L} \\text{{ (green)}}}}", "\\boxed{{{L}\\quad (green)}}", "\\boxed{{{L}, green}}", "\\boxed{{Option {L}}}", "\\boxed{{\\text{{Option {L}}}}}",
    "\\boxed{{{L}}}", "<answer>\\boxed{{{L}}}</answer>", "\\boxed{{{S}}}", "\\boxed{{({S})}}",
]  # fmt: skip
TAGS = [
    "<answer>{L}</answer>", "<answer>\n{L}\n</answer>", "<answer> ({L}) </answer>", "<answer>Option {L}</answer>", "<answer>{S}</answer>", "<answer>{L}.</answer>",
    "<answer>{L}) green</answer>", "<Answer>{L}</Answer>", "<final_answer>{L}</final_answer>",
    "<answer>{L}", "<answer>${L}$</answer>", "<choice>{L}</choice>", "Text <answer>{L}</answer> more text",
    "<answer>The answer is {L}</answer>",
]  # fmt: skip
ANNOUNCED = [
    "The answer is {L} and it is green.", "The answer is {L} but it is hard.", "The answer is {L} here.", '{{"answer": "{L}"}}', '{{"answer": "{L}", "reason": "it is green"}}', '```json\n{{"answer": "{L}"}}\n```', "The answer is {L}.\n\n---", "**Answer: {L}**\n\nI hope this helps!",
    "**Option {L}**", "**Option {L}.**", "Option {L}.", "Choice {L}", "choice ({L})", "Option: {L}", "Answer {L}", "The answer ({L})", "the option {L}", "Answer: \"{L}\"",
    "Answer: '{L}'", "Answer: ‘{L}’.", "Answer: “{L}”.", "Answer: ({L})", "Answer: [{L}]", "Answer: {{{L}}}", "Answer: `{L}`", "Answer: **{L}**", "**Answer: {L}**",
    "**Answer**: {L}", "**Answer:** **{L}**", "__Answer:__ {L}", "Answer:{L}", "Answer:\n\n{L}", "Answer:\n({L}) green", "### Answer\n\n{L}", "## Answer: {L}",
    "Answer – {L}", "Answer - {L}", "Answer → {L}", "Answer = {L}", "ANSWER: {L}", "Answer: {L}. green", "Answer: {L}, green", "Answer: {L}; it is green",
    "Answer: {L} – green is the only one", "Answer: {L} - green", "Answer: {L} — green", "Answer: {L} (green)", "Answer: {L}: green", "Answer: {W}", "Answer： {L}",
    "Answer：{W}", "Answer: {R}", "Answer: ${L}$", "Answer: \\({L}\\)", "Answer: <b>{L}</b>", "Answer: \\textbf{{{L}}}", "Final Answer: {L}", "Final answer: ({L}).",
    "Correct answer: {L}", "Correct option: {L}", "Correct choice: ({L})", "My answer: {L}", "Ans: {L}", "Solution: {L}", "The answer is: {L}",
    "The answer is:\n\n({L}) green", "The answer is $\\boldsymbol{{{L}}}$.", "The answer is \\({L}\\).", "The answer is “{L}”.", "The answer is '{L}'.",
    "The answer is \"{L}.\"", "The answer is \"({L}) green\".", "The answer is **{L}**.", "The answer is option {L}.", "The answer is the letter {L}.",
    "The answer is choice ({L}).", "The answer is therefore {L}.", "The answer is, therefore, {L}.", "The answer is clearly ({L}).", "The answer is most likely {L}.",
    "The answer is indeed {L}.", "The answer must be {L}.", "The answer should be {L}.", "The answer would be ({L}).", "The answer was {L}.", "The answer has to be {L}",
    "The answer to the question is {L}.", "The answer to question 3 is ({L}).", "The answer for this one is {L}", "The answer here is {L}.", "The answer choice is {L}.",
    "The correct answer is {L}.", "The right answer is {L}.", "The best answer is {L}", "The correct option is {L}.", "The correct choice is {L}.",
    "The best option is ({L}).", "The right choice is {L}", "The correct alternative is {L}", "The correct one is {L}", "The most appropriate option is {L}.",
    "My final answer is {L}.", "My choice is {L}", "our answer is {L}", "Thus the answer is {L}.", "Hence, the correct option is **{L}**.",
    "The answer is {L} because I checked.", "The answer is {L} since green is last.", "The answer is {L} as it is green.", "The answer is {L}, because Paris is.",
    "The answer is {L}: it is green.", "The answer is {L}, which is green.", "The answer is {L} given the table.", "The answer is {L} based on the text.",
    "The answer is {L} for two reasons.", "The answer is {L} due to the heat.", "The answer is {L}. It is larger than {M}.", "The answer is {L}. {N} is too small.",
    "The answer is {L}. Option {N} is wrong because it is hot, and {M} is too cold.", "The answer is {L}. {N} dog barks.", "The answer is {L}. I am sure.",
    "The answer is {L}! I am sure.", "The answer is {L}. ({N}) is false.", "The answer is {L}.\n\n{N} is wrong, {M} is wrong, {O} too.",
    "Answer: {L}\n\nExplanation:\n{N}) red is wrong\n{M}) blue is wrong", "So the answer is {L}, a green one.", "The answer is {L}, as I said.",
    "The answer is {L} (I am sure).", "The answer is {L}, not a red one.", "Unlike {N}, the answer is {L}.", "Since {N} is false, the answer is {L}.",
    "It is not {N}. The answer is {L}.", "It is not {N}, so the answer is {L}.", "I am not sure, but the answer is {L}.", "If x is 2, then the answer is {L}.",
    "There is no doubt that the answer is {L}.", "{N} or {M}? The answer is {L}.", "So, option {L}.", "x\nThus the correct option is {L}.", "Therefore, {L} is correct.",
    "{L} is correct.", "{L} is right", "{L} is the answer.", "{L} is the correct answer.", "Option {L} is correct.", "Option ({L}) is the correct option.",
    "({L}) is correct.", "**{L}** is correct.", "${L}$ is correct", "{L} is the right choice.", "{L} is the best answer", "{L} must be the answer.", "{L} must be correct",
    "Only {L} is correct.", "So {L} is the only correct option.", "Choice {L} is the most appropriate.", "Therefore option {L} is correct because it is green.",
    "This must be option {L}", "I will go with option {L}.", "We pick option {L}.", "Option {L} is correct.\n\nIt is green.", "Since it is not red, {L} is correct.",
    "{N} is wrong. {L} is correct.",
]  # fmt: skip
ELSEWHERE = [
    "A resposta correta é {L}.", "Đáp án: {L}",
    "Antwort: {L}", "Die Antwort ist {L}.", "Die richtige Antwort ist ({L}).", "Die richtige Antwort lautet {L}.", "Respuesta: {L}", "La respuesta correcta es {L}.",
    "La respuesta es ({L})", "Réponse : {L}", "La bonne réponse est {L}.", "Risposta: {L}", "La risposta corretta è {L}", "Resposta: {L}", "Ответ: {L}",
    "Правильный ответ: ({L})", "Ответ — {L}", "Відповідь: {L}", "Odpowiedź: {L}", "答案：{L}", "答案是{L}", "答案是 ({L})。", "正确答案是{L}。", "正确答案：{L}", "答え：{L}", "正解：{L}", "정답: {L}",
    "답: ({L})", "उत्तर: {L}", "الإجابة: {L}", "Cevap: {L}", "Jawaban: {L}", "Antwoord: {L}", "Svar: {L}", "Απάντηση: {L}", "תשובה: {L}", "คำตอบ: {L}", "উত্তর: {L}",
]  # fmt: skip
JUDGED = [
    "{L} because it is green.", "{L} since green is last", "{L} due to the heat", "**{L}** because it is green", "({L}) because it is green", "({L}) since x",
    "{L}, because it is green", "{L} as green is last", "Therefore, {L}.", "Therefore {L}", "Therefore, ({L}).", "Thus, {L}.", "So {L}.", "Hence **{L}**.",
    "Consequently, {L}", "In conclusion, {L}.", "It rains. Therefore, {L}.", "We see that {L} is true.", "So it must be ({L}).", "It must be {L}.", "It has to be {L}.",
    "It is {L}.", "It's {L}.", "So it is {L}", "I choose {L}.", "I pick {L}", "I select ({L}).", "I would choose {L}.", "I'd go with {L}.", "I'll go with {L}",
    "I'm going with {L}.", "We choose {L}", "I opt for {L}", "I chose {L} because it is green.", "I conclude {L}.", "{N} is wrong. So it must be {L}.",
    "{L} it is.", "So {L} it is.", "Only {L} fits.", "Only {L} works", "That leaves {L}.", "This leaves us with {L}.", "⇒ {L}", "=> {L}", "∴ {L}", "x\n-> {L}", "{L}\n\n---", "```\n{L}\n```",
    "I choose {L}, it is green.", "I choose {L}. {N} is too small.",
]  # fmt: skip
HONEST = [*MARKS, *BOXES, *TAGS, *ANNOUNCED, *ELSEWHERE, *JUDGED]

HOSTILE = [
    "The answer is {L} and {M}.", "The answer is {L} and also {M}", "The answer is {L} but {M} is too", "Only {L} fits, or {M}.", "{N} or {L} it is", "Not {L} it is", "That leaves {L} or {M}.", "That leaves {L} and {M}.", "=> {L} or {M}", '{{"answer": "{L}, {M}"}}', '{{"answer": "{L} or {M}"}}', '{{"answer": ["{L}", "{M}"]}}',
    "if only {L} works", "Only {L} fails.", "It leaves {L} out", "{L} holds", "{L} works", "---", "{L}\n---\n{M}",
    "{L} or {M}", "Answer: {L} or {M}", "The answer is {L} or {M}.", "{L}; {M}", "Answer: {L}; {M}", "\\boxed{{{L}; {M}}}", "\\boxed{{{L}, {M}}}", "\\boxed{{{L} or {M}}}",
    "\\boxed{{{L}{M}}}", "\\boxed{{{L}}} or \\boxed{{{M}}}", "\\boxed{{{L}}} or {M}", "\\boxed{{{L}}}, \\boxed{{{M}}}", "\\boxed{{{L}}}. Actually, {M}.",
    "\\boxed{{{L}}} and \\boxed{{{M}}}", "{L}, possibly {M}", "{L}, maybe {M}", "Answer: {L}, possibly {M}", "The answer is {L}, possibly {M}.",
    "The answer is {L}, or {M}.", "The answer is {L} (or {M}).", "The answer is {L}/{M}", "The answer is {L} & {M}", "{L}. Actually {N}", "{L}. Actually, {N}.",
    "Answer: {L}. Actually {N}", "The answer is {L}. Actually, it is {M}.", "The answer is {L}.\nActually, it is {M}.", "The answer is {L}.\n\nWait, {M}.",
    "Answer: {L}\nNo, {M}.", "Answer: {L}. No, {M}", "The answer is {L}. Or {M}.", "The answer is {L}. Maybe {M}.", "The answer is {L}. Perhaps {N} too.",
    "The answer is {L}. {M} is also correct.", "The answer is {L}. {M} is correct too.", "The answer is {L}. {N} is also possible.", "The answer is {L}. {M}",
    "The answer is {L}. {M}.", "The answer is {L}. Option {M}", "The answer is {L}. ({M})", "{L}. Paris {M}. Rome", "{L}) Paris {M}) Rome", "({L}) Paris ({M}) Rome",
    "{L}: Paris, {M}: Rome", "{L} - {M}", "{L} – {M}", "{L}, {M} and {O}", "{L} and {M}", "{L}, and {M}", "{L} plus {M}", "{L} + {M}", "{L}|{M}", "{L} {M}",
    "both {L} and {M}", "Answer: both {L} and {M}", "either {L} or {M}", "Answer: either {L} or {M}", "neither {L} nor {M}", "Answer: {L} because {M} is wrong",
    "The answer is {L}, not {N}.", "{L}, not {M}", "The answer is {L} since {M} is false.", "Not {L}", "not {L}.", "It is not {L}", "Answer: not {L}",
    "The answer is not {L}.", "The answer isn't {L}.", "The answer cannot be {L}.", "The answer can't be {L}", "I don't think the answer is {L}.",
    "I do not believe that the answer is {L}.", "It is not true that the answer is {L}.", "It's unlikely that the answer is {L}", "I doubt the answer is {L}.",
    "I doubt that {L} is correct.", "The wrong answer is {L}.", "The incorrect option is {L}.", "The incorrect answer is {L}.", "{L} is wrong", "{L} is wrong.",
    "({L}) is wrong.", "{L}) is wrong", "{L} is incorrect.", "{L} is not correct.", "{L} isn't correct.", "{L} is not the answer.", "{L} is not the correct answer.",
    "Option {L} is false.", "{L} is the wrong answer", "{L} is the incorrect option.", "{L} is never right.", "{L} can't be correct", "{L} might be correct.",
    "{L} may be right", "{L} could be correct", "{L} could be the answer.", "{L} would be correct if it were hot.", "If {L} is correct, then x.", "Is {L} correct?",
    "{L} is correct?", "Is the answer {L}?", "The answer is {L}?", "The answer may be {L}", "The answer might be {L}.", "The answer could be {L}.", "Could it be {L}?",
    "Is it {L}?", "It could be {L}.", "It is not {L}.", "It isn't {L}", "It can't be {L}", "I would not choose {L}.", "I don't choose {L}", "I can't pick {L}.",
    "I wouldn't go with {L}.", "I rule out {L}.", "I think {L}", "Therefore not {L}.", "Therefore, not {L}", "So not {L}.", "So {L} is wrong.", "So ({L}) is wrong.",
    "Thus {L} is false.", "Therefore, {L} or {M}.", "Therefore, {L} and {M}.", "I choose {L} or {M}.", "I choose {L} and {M}.", "It must be {L} or {M}.",
    "{N} or {L} is correct.", "{N} and {L} is correct", "Both {N} and {L} is correct.", "Neither {N} nor {L} is correct.", "{L} or {M} is correct",
    "{L} is correct, and so is {M}.", "{L} is correct. {M} is correct.", "{N} is correct. {L} is correct.", "{L} is correct, but {M} is too.", "{L} is correct or {M} is.",
    "I choose {L}. I choose {M}.", "Only one of {N} and {L} is correct.", "{L} is correct. Actually, {M}.", "{L} is the only option that is wrong.",
    "{L} is the best answer except {M}", "Suppose {L} is correct.", "Assume the answer is {L}", "Assuming {L} is correct", "Whether {L} is correct", "unless {L} is correct",
    "I choose {L}?", "all of them", "none", "none of {L}, {M}", "everything but {L}", "{L}?", "Option {L}?", "{L} dog", "{L} green", "{L} cat", "{L}{L}", "{N}{L}",
    "{L}-cells", "{L}+", "{L}2", "{L}'", "{L}'s", "{S}", "{S}.", "answer: {S}", "The answer is {S}.", "{L}=3", "{L} = 3", "The answer is {L} = 3?",
    "<answer>{L} or {M}</answer>", "<answer>{L}, {M}</answer>", "<answer>{L}</answer><answer>{M}</answer>", "<answer>not {L}</answer>", "<answer>{L} is wrong</answer>",
    "<answer></answer>", "<answer>{M}</answer>", "Answer: {M}\n{L} is wrong", "Answer: {L}\nAnswer: {M}", "\\boxed{{{L}}}\nAnswer: {M}", "Answer: {L}\n\\boxed{{{M}}}",
    "The answer is {L}. The answer is {M}.", "The answer is either {L}", "The answer is neither {L} nor {M}", "答案：{L}或{M}", "答案：{L}、{M}", "Antwort: {L} oder {M}",
    "Antwort: nicht {L}", "答案不是{L}", "Ответ: не {L}", "La respuesta no es {L}", "{N}, {L}, {M}, {O}", "{N} {L} {M} {O}", "{N}) {L}) {M}) {O})", "({N})({L})({M})({O})",
    "{N}. x\n{L}. y\n{M}. z\n{O}. w", "Options: {N}, {L}, {M}, {O}. Answer: all", "{L}\n{M}", "{L}\nthat is it", "{L}.\n{M}.", "{L}\n\nHmm, {M}",
]  # fmt: skip
STATED = [
    "{L}{second}", "({L}){second}", "**{L}**{second}", "{L}) x{second}", "Answer: {L}{second}", "Answer: ({L}){second}", "**Answer: {L}**{second}", "Answer: {L}) x{second}",
    "The answer is {L}{second}", "The answer is **{L}**{second}", "The correct option is {L}{second}", "I choose {L}{second}", "It must be {L}{second}",
    "Therefore, {L}{second}", "Option {L}{second}", "Final answer: {L}{second}", "<answer>{L}{second}</answer>", "\\boxed{{{L}{second}}}", "{L} is correct{second}",
]  # fmt: skip
SECOND = [
    " or {M}", "/{M}", " / {M}", ", {M}", "; {M}", " and {M}", " & {M}", ", possibly {M}", ", maybe {M}", " (or {M})", ", or perhaps {M}", ". Actually {M}",
    ". Actually, it is {M}", ". No, {M}", ". No: {M}.", ". Wait, {M}", "... no, {M}", ". Or {M}.", ". Maybe {M}.", ". {M} is also correct.", ". {M} is right as well",
    ". {M}", ". {M}.", ". Option {M}", ". ({M})", ". {M}) x", ", though {M} is possible", " but {M} could be right", ", if not {M}", " unless {M}", " rather than {M}",
    " not {M}", ", not {M}", " because {M} is wrong", "\nActually, {M}.", "\nWait, it is {M}.", "\nSorry, {M}.", "\n\nNo, {M}", "\nOr {M}", "\nCorrection: {M}", "\n{M}",
    "\nAnswer: {M}", " + {M}", " | {M}", " vs {M}", " {M}", ", {M}, {N}", ", {M} and {N}", " – {M}", " - {M}", ": {M}", " [{M}]", " ({M})", ", but {M} is right too",
    "; or {M}", ", also {M}", ", then {M}", ", alternatively {M}", ". Alternatively, {M}.", ". I mean {M}.", ". Hmm, {M}.", ". Scratch that, {M}.",
]  # fmt: skip
BESIDE_A_BOX = [
    " or {M}", "/{M}", " / {M}", ", {M}", "; {M}", " and {M}", " & {M}", ", possibly {M}", ", maybe {M}", " (or {M})", ", or perhaps {M}", ". Actually {M}",
    ". Actually, it is {M}", ". No, {M}", ". No: {M}.", ". Wait, {M}", "... no, {M}", ". Or {M}.", ". Maybe {M}.", ". {M} is also correct.", ". {M} is right as well",
    ". {M}", ". {M}.", ". Option {M}", ". ({M})", ". {M}) x", ", though {M} is possible", " but {M} could be right", " unless {M}", " rather than {M}", "\nActually, {M}.",
    "\nWait, it is {M}.", "\nSorry, {M}.", "\n\nNo, {M}", "\nOr {M}", "\nCorrection: {M}", "\n{M}", "\nAnswer: {M}", " + {M}", " | {M}", " vs {M}", " {M}", ", {M}, {N}",
    ", {M} and {N}", " – {M}", " - {M}", ": {M}", " [{M}]", " ({M})", ", but {M} is right too", "; or {M}", ", also {M}", ", then {M}", ", alternatively {M}",
    ". Alternatively, {M}.", ". I mean {M}.", ". Hmm, {M}.", ". Scratch that, {M}.",
]  # fmt: skip
SENTENCES = [
    "the answer is {L}", "the correct option is {L}", "{L} is correct", "option {L} is right", "{L} is the answer", "it must be {L}", "the answer must be ({L})",
]  # fmt: skip
DENIED = [
    "I don't think {sentence}", "I do not think that {sentence}", "I doubt {sentence}", "It is not true that {sentence}", "It's false that {sentence}",
    "Never say {sentence}", "Suppose {sentence}.", "If {sentence}, then x", "Unless {sentence}", "I'm not convinced that {sentence}", "It is unlikely that {sentence}",
    "Assume that {sentence}.", "I can't say {sentence}", "Nobody knows whether {sentence}", "Is it so that {sentence}?", "{sentence}?",
]  # fmt: skip
AGAINST = [
    "not {L}", "{L} is wrong", "{L} is not correct", "{L} isn't right", "{L} is incorrect", "{L} is false", "{L} can't be right", "({L}) is wrong", "Option {L} is wrong",
    "Option ({L}) is incorrect", "{L}) is wrong", "the answer is not {L}", "the answer isn't {L}", "it is not {L}", "so not {L}", "Answer: not {L}", "anything but {L}",
    "everything except {L}", "all but {L}", "I rule out {L}", "I eliminate {L}", "{L} is eliminated", "{L} fails", "{L} is ruled out", "we can exclude {L}",
    "{L} is the worst option", "the wrong answer is {L}", "the incorrect option is {L}", "neither {L} nor {M}", "either {L} or {M}", "one of {L} and {M}",
    "both {L} and {M}", "{L} or {M} is correct", "{M} or {L} is correct", "{L} and {M} are correct", "{M} and {L} is correct", "it is {L} or {M}", "I choose {L} or {M}",
    "{L}, {M}", "{L}{M}", "{L}?", "maybe", "{L} might be right", "{L} may be correct", "{L} could be the answer", "the answer might be {L}", "the answer may be {L}",
    "it could be {L}",
]  # fmt: skip

LETTERS = "ABCDEFJ"


def filled(style: str, **parts: str) -> Iterator[tuple[str, str]]:
    """The style with every letter and three choices of others, and the letter."""
    for letter, turn in itertools.product(LETTERS, range(3)):
        others = [other for other in LETTERS if other != letter]
        others = others[turn:] + others[:turn]
        signs = {"S": letter.lower(), "W": chr(ord(letter) + 0xFEE0), "R": chr(ord(letter) - ord("A") + 0x24B6)}
        named = {"L": letter, **dict(zip("MNO", others, strict=False)), **signs}
        yield style.format(**named, **{name: part.format(**named) for name, part in parts.items()}), letter


def misread(cases: Iterator[tuple[str, str]], right: bool) -> list[tuple[str, str, str]]:
    """The cases that are read as the letter and must not be, or the other way round."""
    read = ((text, letter, *stated_choice(text, Offered(string.ascii_uppercase))) for text, letter in cases)
    return [(text, letter, where) for text, letter, found, where in read if (found == letter) != right]


@pytest.mark.parametrize("style", HONEST)
def test_an_honest_answer_is_read_whatever_its_style(style: str) -> None:
    assert misread(filled(style), right=True) == []


@pytest.mark.parametrize("style", HOSTILE)
def test_a_hostile_answer_is_no_choice(style: str) -> None:
    assert misread(filled(style), right=False) == []


@pytest.mark.parametrize("second", SECOND)
def test_a_second_letter_is_no_choice_wherever_the_first_stands(second: str) -> None:
    for style in STATED:
        assert misread(filled(style, second=second), right=False) == []


@pytest.mark.parametrize("second", BESIDE_A_BOX)
def test_a_letter_taken_up_behind_a_box_is_no_choice(second: str) -> None:
    assert misread(filled("\\boxed{{{L}}}{second}", second=second), right=False) == []


@pytest.mark.parametrize("denied", DENIED)
def test_what_is_denied_supposed_or_asked_is_no_choice(denied: str) -> None:
    for sentence in SENTENCES:
        assert misread(filled(denied, sentence=sentence), right=False) == []


@pytest.mark.parametrize("against", AGAINST)
def test_what_speaks_against_a_letter_does_not_choose_it(against: str) -> None:
    for style in ("{said}", "Thus {said}.", "I am sure that {said}.", "x\n\n{said}."):
        assert misread(filled(style, said=against), right=False) == []


def test_there_is_more_to_refuse_than_to_accept() -> None:
    hostile = len(HOSTILE) + len(STATED) * len(SECOND) + len(DENIED) * len(SENTENCES) + len(AGAINST)
    assert hostile > 3 * len(HONEST)


@pytest.mark.parametrize(
    "text, letter",
    [
        ("A dog", None), ("The answer is a dog.", None), ("So a dog.", None), ("A big dog", None), ("B) A dog", "B"), ("Answer: B. A dog barks.", "B"), ("B) Vitamin C", "B"), ("Answer: (B) hepatitis C", "B"), ("B. I think so", "B"), ("Answer: B, I am sure", "B"), ("The answer is B because I say so", "B"), ("B) 20 C", "B"), ("B) x = C", "B"), ("B) f(A)", "B"), ("B) non-C", "B"), ("B) U.S. law", "B"), ("B) C-section", "B"),
        ("I", "I"), ("I)", "I"), ("Answer: I", "I"), ("I am sure", None), ("I since x", None), ("A) x\nB) y", None), ("A. x\nB. y\nC. z\nD. w", None), ("A\nB\nC", None), ("C too.\nB", "B"), ("B) x\nC) y\nThe answer is B.", "B"), ("Answer: B\n\nA) x is wrong\nC) y is wrong", "B"), ("Answer: B\n\nA\nC", None),
        ("\\boxed{B} and not A", "B"), ("\\boxed{B}, since A is wrong", "B"), ("\\boxed{B\n}", "B"), ("\\boxed{\nB: a long text that says what it is\n}", "B"), ("\\boxed{" + "x" * 3_000 + "}\nB", "B"), ("\\boxed{B", None), ("\\boxed{}", None), ("\\boxed{B}" * 50, "B"), ("\\boxed{B}" * 50 + "\\boxed{C}", None),
        ("x" * 20_000 + "\nAnswer: B", "B"), ("Answer: B\n" + "x " * 6_000, None), ("The answer is B." + "\nx" * 100, "B"), ("İ\nAnswer: B\nit is", "B"),
    ],
)  # fmt: skip
def test_articles_pronouns_names_and_lists_are_told_from_choices(text: str, letter: str | None) -> None:
    assert stated_choice(text, Offered(string.ascii_uppercase))[0] == letter


COLOURS = Offered("ABCD", ("red", "green", "blue", "A and B"))


@pytest.mark.parametrize(
    "text, letter",
    [
        ("green", "B"), ("Green.", "B"), ("The answer is green.", "B"), ("\\boxed{green}", "B"), ("\\boxed{\\text{green}}", "B"), ("\\boxed{B green}", "B"), ("B green", "B"), ("Answer: B green", "B"), ("<answer>green</answer>", "B"), ("**B) green**", "B"), ("B\\ \\text{green}", "B"), ("\"green\"", "B"), ("D) A and B", "D"), ("Answer: D. A and B", "D"), ("A and B", "D"),
        ("greens", None), ("red green", None), ("B red or blue", None), ("E", "E"), ("green or blue", None), ("The answer is not green.", None), ("B, A and B", None), ("the green one", None), ("B greenish", None), ("D) A and C", None), ("C) A and B", None),
    ],
)  # fmt: skip
def test_the_text_of_a_choice_is_read_with_its_letter_or_alone(text: str, letter: str | None) -> None:
    assert stated_choice(text, COLOURS)[0] == letter


@pytest.mark.parametrize(
    "text, where",
    [
        ("The answer is B.", "after 'answer is'"), ("\\boxed{B}", "\\boxed or a tag"), ("B", "the last line"), ("I choose B.", "what is judged right or chosen"), ("B or C", "several letters (the last line)"),
        ("The answer is clear.", "no letter (after 'answer is'): 'clear.'"), ("Answer: B dog\nthat is it", "no letter (after 'Answer'): 'B dog'"), ("It rains", "no letter (the last line): 'It rains'"), ("\\boxed{42}", "no letter (\\boxed or a tag): '42'"), (" \n", "the completion is empty"),
    ],
)  # fmt: skip
def test_the_detail_says_where_the_letter_stands_or_what_stands_there_instead(text: str, where: str) -> None:
    assert stated_choice(text, Offered("ABCD"))[1] == where
