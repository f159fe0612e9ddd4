"""The 29 further instructions of open-instruct's IFEvalG, which the training sets (NeMo-Gym, Dolci) ask for.

Written from the descriptions that the rows put to the model; where ours differs from the published code, the class says
so. What a word, a sentence and a paragraph is, and how a keyword is compared, is as for the other 25 (`checks`).
"""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from temper.verifiers.instruction.checks import (
    Count,
    ForbiddenWords,
    Instruction,
    KeywordFrequency,
    LetterFrequency,
    NumberParagraphs,
    Phrase,
    Relation,
    counter,
    exactly,
    relates,
)
from temper.verifiers.instruction.marks import divided_paragraphs, paragraphs
from temper.verifiers.instruction.reader import phrase, seen, visible
from temper.verifiers.instruction.sentences import sentence_texts, sentences
from temper.verifiers.instruction.text import words

_BEFORE = re.compile(r"\A[\W_]++")
_AFTER = re.compile(r"(?<![\W_])[\W_]++\Z")  # begun inside of a run it would read the run again from each place
_GOES_ON = re.compile(r"\w|-\w")
_BRACKETED = re.compile(r"\[[^\[\]]+\]")
_PALINDROME = 3
"""Letters of the shortest word that counts: every single letter reads the same backward."""


def _one(given: object) -> object:
    """Some rows have the one word in a list."""
    return given[0] if isinstance(given, list) and len(given) == 1 else given


Word = Annotated[Phrase, BeforeValidator(_one)]


def _begins_with(text: str, word: str) -> bool:
    """Whatever marks stand before it; `well-known` does not begin with `well`."""
    said, wanted = _BEFORE.sub("", phrase(text)), phrase(word)
    return said.startswith(wanted) and not _GOES_ON.match(said, len(wanted))


def _ends_with(text: str, word: str) -> bool:
    """Whatever marks stand after it; `well-known` does not end with `known`."""
    said, wanted = _AFTER.sub("", phrase(text)), phrase(word)
    return said.endswith(wanted) and not _GOES_ON.match(said[: len(said) - len(wanted)][::-1])


def _same(text: str, wanted: str) -> bool:
    """To the letter, in either case, a run of blanks as one."""
    said, asked = (" ".join(visible(part).split()).casefold() for part in (text, wanted))
    return said == asked


class FirstWordOfSentences(Instruction):
    first_word: Word

    def missed(self, text: str) -> str:
        others = [said for said in sentence_texts(text) if not _begins_with(said, self.first_word)]
        return f"a sentence begins {others[0]!r:.60}" if others else ""


class FirstWord(Instruction):
    first_word: Word

    def missed(self, text: str) -> str:
        return "" if _begins_with(text, self.first_word) else f"begins {phrase(text)!r:.40}"


class LastWordOfSentences(Instruction):
    last_word: Word

    def missed(self, text: str) -> str:
        others = [said for said in sentence_texts(text) if not _ends_with(said, self.last_word)]
        return f"a sentence ends {others[0][-40:]!r}" if others else ""


class LastWord(Instruction):
    last_word: Word

    def missed(self, text: str) -> str:
        return "" if _ends_with(text, self.last_word) else f"ends {phrase(text)[-40:]!r}"


class TwoDividedParagraphs(Instruction):
    """Two, divided by `***`."""

    def missed(self, text: str) -> str:
        return NumberParagraphs(num_paragraphs=2).missed(text)


class TwoParagraphs(Instruction):
    """Two, divided by a blank line; more of them between are one. The original takes each for a part of its own."""

    def missed(self, text: str) -> str:
        return exactly(len(paragraphs(text)), 2, "paragraphs")


class KeywordOnce(Instruction):
    keyword: Word

    def missed(self, text: str) -> str:
        return exactly(counter(text)(self.keyword), 1, f"times {self.keyword!r}")


class KeywordsOnceAndTwice(Instruction):
    keyword1: Word
    keyword2: Word

    def missed(self, text: str) -> str:
        times = counter(text)
        return exactly(times(self.keyword1), 1, f"times {self.keyword1!r}") or exactly(
            times(self.keyword2), 2, f"times {self.keyword2!r}"
        )


class ForbiddenWord(Instruction):
    """A whole word. An older original looks for it between two blanks alone."""

    keyword: Word

    def missed(self, text: str) -> str:
        return ForbiddenWords(forbidden_words=(self.keyword,)).missed(text)


class KeywordAt(Instruction):
    """The m-th word of the n-th sentence. The original counts marks as words."""

    keyword: Word
    n: Count
    m: Count

    def missed(self, text: str) -> str:
        said = sentence_texts(text)
        if len(said) < self.n:
            return f"{len(said)} sentences, wanted {self.n}"
        found = words(said[self.n - 1])[self.m - 1 : self.m]
        right = bool(found) and phrase(found[0]) == phrase(self.keyword)
        return "" if right else f"word {self.m} of sentence {self.n} is {found[0] if found else None!r}"


class NoConsecutiveLetters(Instruction):
    """No word begins with the letter that follows, in the alphabet, the one before it begins with."""

    def missed(self, text: str) -> str:
        firsts = [seen(word)[:1] for word in words(text)]
        for one, other in zip(firsts, firsts[1:], strict=False):
            if one.isalpha() and other.isalpha() and ord(other) - ord(one) == 1:
                return f"{one!r} before {other!r}"
        return ""


class Palindrome(Instruction):
    """A word of three letters or more, in either case. The original takes "a", and minds the case."""

    def missed(self, text: str) -> str:
        for word in map(seen, words(text)):
            if len(word) >= _PALINDROME and word.isalpha() and word == word[::-1]:
                return ""
        return "no palindrome"


class SameWordAtBothEnds(Instruction):
    """And nothing behind the last one, not even a mark."""

    def missed(self, text: str) -> str:
        said = words(text)
        if len(said) < 2 or not visible(text).rstrip().endswith(said[-1]):
            return "does not end with a word"
        return "" if phrase(said[0]) == phrase(said[-1]) else f"begins {said[0]!r:.40}, ends {said[-1]!r:.40}"


class LetterCount(Instruction):
    """Letters of any script. The original counts those of English alone."""

    N: Count
    relation: Relation

    def missed(self, text: str) -> str:
        return relates(sum(map(str.isalpha, visible(text))), self.relation, self.N, "letters")


class LowercaseCount(Instruction):
    """Words all in small letters, at most so many in all, as the original counts them."""

    N: Count

    def missed(self, text: str) -> str:
        found = sum(word.isalpha() and word.islower() for word in words(text))
        return "" if found <= self.N else f"{found} words in small letters, wanted at most {self.N}"


class Composition(Instruction):
    """Three paragraphs divided by `***`, each of so many sentences of so many words. The original counts marks as
    words."""

    n_sent: Count
    n_words: Count

    def missed(self, text: str) -> str:
        if found := NumberParagraphs(num_paragraphs=3).missed(text):
            return found
        for part in filter(None, divided_paragraphs(text)):
            said = sentence_texts(part)
            if found := exactly(len(said), self.n_sent, "sentences in a paragraph"):
                return found
            for one in said:
                if found := exactly(len(words(one)), self.n_words, "words in a sentence"):
                    return found
        return ""


class UniqueWords(Instruction):
    """In either case. The original counts marks as words, so that it takes one comma."""

    def missed(self, text: str) -> str:
        known: set[str] = set()
        for word in map(seen, words(text)):
            if word in known:
                return f"{word!r:.40} twice"
            known.add(word)
        return ""


class Copy(Instruction):
    """The request and nothing else, in either case, a run of blanks as one."""

    prompt_to_repeat: Phrase

    def missed(self, text: str) -> str:
        return "" if _same(text, self.prompt_to_repeat) else "not the request alone"


class Copies(Instruction):
    """So many, divided by six asterisks."""

    prompt_to_repeat: Phrase
    N: Count

    def missed(self, text: str) -> str:
        parts = text.split("******")
        if len(parts) != self.N:
            return exactly(len(parts), self.N, "parts")
        return "" if all(_same(part, self.prompt_to_repeat) for part in parts) else "a part that is not the request"


class CopiedSpan(Instruction):
    """The request's characters from n_start up to n_end, the first being 0."""

    prompt_to_repeat: Phrase
    n_start: int = Field(ge=0, strict=True)
    n_end: int = Field(ge=1, strict=True)

    def missed(self, text: str) -> str:
        wanted = self.prompt_to_repeat[self.n_start : self.n_end]
        return "" if _same(text, wanted) else f"not {wanted!r:.60}"


class RepeatedPhrase(Instruction):
    """So many times, each with one word between the first and the last replaced."""

    phrase: Phrase
    small_n: Count

    def missed(self, text: str) -> str:
        wanted, said = [[seen(word) for word in words(of)] for of in (self.phrase, text)]
        size = len(wanted)
        windows = [said[i : i + size] for i in range(len(said) - size + 1)]
        alike = [sum(a != b for a, b in zip(one, wanted, strict=True)) for one in windows if _framed(one, wanted)]
        if 0 in alike:
            return "the phrase without a change"
        return exactly(alike.count(1), self.small_n, "times the phrase with one word replaced")


def _framed(one: list[str], wanted: list[str]) -> bool:
    return one[0] == wanted[0] and one[-1] == wanted[-1]


class NoDot(Instruction):
    def missed(self, text: str) -> str:
        return "a dot" if "." in visible(text) or "．" in text else ""


class NoExclamation(Instruction):
    def missed(self, text: str) -> str:
        return "an exclamation mark" if "!" in visible(text) or "！" in text else ""


class HyphenatedSentences(Instruction):
    """Sentences joined by a hyphen without blanks, and no other hyphen."""

    def missed(self, text: str) -> str:
        parts = visible(text).strip().split("-")
        if len(parts) < 2:
            return "no hyphen between sentences"
        wrong = [part for part in parts if part != part.strip() or sentences(part) != 1]
        return f"{wrong[0]!r:.60} is no sentence between hyphens" if wrong else ""


class SquareBrackets(Instruction):
    """Every word in brackets of its own. The original takes `[]` and `[a]]`."""

    def missed(self, text: str) -> str:
        wrong = [word for word in visible(text).split() if not _BRACKETED.fullmatch(word)]
        return f"{wrong[0]!r:.60} without brackets" if wrong else ""


class WrappedPairs(Instruction):
    """Every two words in double angle brackets."""

    def missed(self, text: str) -> str:
        said = visible(text).split()
        if len(said) % 2:
            return f"{len(said)} words, wanted pairs"
        for first, second in zip(said[::2], said[1::2], strict=True):
            if not re.fullmatch(r"<<[^<>]+ [^<>]+>>", f"{first} {second}"):
                return f"{first} {second}"[:60]
        return ""


TRAINED: dict[str, type[Instruction]] = {
    "copy:copy": Copy,
    "copy:copying_multiple": Copies,
    "copy:copying_simple": Copy,
    "copy:repeat_phrase": RepeatedPhrase,
    "count:count_increment_word": KeywordsOnceAndTwice,
    "count:count_unique": UniqueWords,
    "count:counting_composition": Composition,
    "count:lowercase_counting": LowercaseCount,
    "detectable_format:bigram_wrapping": WrappedPairs,
    "detectable_format:sentence_hyphens": HyphenatedSentences,
    "detectable_format:square_brackets": SquareBrackets,
    "first_word:first_word_answer": FirstWord,
    "first_word:first_word_sent": FirstWordOfSentences,
    "keywords:exclude_word_harder": ForbiddenWord,
    "keywords:keyword_specific_position": KeywordAt,
    "keywords:no_adjacent_consecutive": NoConsecutiveLetters,
    "keywords:palindrome": Palindrome,
    "keywords:start_end": SameWordAtBothEnds,
    "keywords:word_count_different_numbers": KeywordFrequency,
    "keywords:word_once": KeywordOnce,
    "last_word:last_word_answer": LastWord,
    "last_word:last_word_sent": LastWordOfSentences,
    "letters:letter_counting": LetterCount,
    "letters:letter_counting2": LetterFrequency,
    "new:copy_span_idx": CopiedSpan,
    "paragraphs:paragraphs": TwoDividedParagraphs,
    "paragraphs:paragraphs2": TwoParagraphs,
    "punctuation:punctuation_dot": NoDot,
    "punctuation:punctuation_exclamation": NoExclamation,
}
