"""The 25 verifiable instructions of IFEval (arXiv 2311.07911), each a class whose fields are the row's `kwargs`.

`missed(text)` is empty when the text follows the instruction, else it says what was found. Written from the published
descriptions; where ours differs from the original's code, the class says so. A keyword is literal text, never a
pattern, and compared as a reader sees it. `docs/instructions.md` has them as a table.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Literal

import regex
from pydantic import AfterValidator, Field

from temper.sandboxes.job import Frozen
from temper.verifiers.instruction.marks import (
    bullets,
    comma,
    divided_paragraphs,
    has_title,
    highlights,
    is_quoted,
    other_bullets,
    paragraphs,
    placeholders,
    postscript,
    sections,
    unfenced,
)
from temper.verifiers.instruction.reader import phrase, seen, unmarked
from temper.verifiers.instruction.sentences import sentences
from temper.verifiers.instruction.text import known_languages, speaks, words
from temper.verifiers.reading import strict_json

Relation = Literal["at least", "less than"]
Text = Annotated[str, Field(min_length=1, max_length=100_000)]
Count = Annotated[int, Field(ge=1, strict=True)]


def _holds_a_word(text: str) -> str:
    if not phrase(text):
        raise ValueError(f"nothing but blanks, got {text!r:.60}")
    return text


Phrase = Annotated[Text, AfterValidator(_holds_a_word)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


_LETTERS = regex.compile(r"[\w--_]++", regex.VERSION1)
_FIRST_MARKS = re.compile(r"\A[\W_]++")
_GOES_ON = regex.compile(r"\w|-\w")
_CLOSING = " \"'*_`~‹›「」『』"


class Instruction(Frozen, ABC):
    @abstractmethod
    def missed(self, text: str) -> str:
        """Why the text does not follow the instruction; empty when it does."""


def relates(count: int, relation: Relation, wanted: int, what: str) -> str:
    holds = count >= wanted if relation == "at least" else count < wanted
    return "" if holds else f"{count} {what}, wanted {relation} {wanted}"


def exactly(count: int, wanted: int, what: str) -> str:
    return "" if count == wanted else f"{count} {what}, wanted {wanted}"


def _at_least(count: int, wanted: int, what: str) -> str:
    return relates(count, "at least", wanted, what)


def counter(text: str) -> Callable[[str], int]:
    """Counts a keyword's occurrences anywhere, not overlapping, as a reader sees both; markup hides none. A keyword
    that no reader sees is compared as it is coded."""
    versions = (phrase(text), unmarked(text))

    def times(keyword: str) -> int:
        wanted = phrase(keyword)
        return max(said.count(wanted) for said in versions) if wanted else text.count(keyword)

    return times


class KeywordsExist(Instruction):
    keywords: Texts

    def missed(self, text: str) -> str:
        times = counter(text)
        absent = [keyword for keyword in self.keywords if not times(keyword)]
        return f"no {absent[0]!r}" if absent else ""


class KeywordFrequency(Instruction):
    keyword: Text
    frequency: Count
    relation: Relation

    def missed(self, text: str) -> str:
        return relates(counter(text)(self.keyword), self.relation, self.frequency, f"times {self.keyword!r}")


class ForbiddenWords(Instruction):
    """Whole words: "cat" does not forbid "catalogue". Markup within hides nothing; an underscore is no letter."""

    forbidden_words: Texts

    def missed(self, text: str) -> str:
        versions = [_apart(said) for said in (phrase(text), unmarked(text))]
        for word in self.forbidden_words:
            wanted = _apart(phrase(word))
            if any(wanted in version for version in versions) if wanted else word in text:
                return f"the forbidden {word!r}"
        return ""


def _apart(said: str) -> str:
    """Every word between two NULs, so that a search for a text finds it as whole words only."""
    # "cat" between NULs is not in "catalogue" between NULs, and is in "cat's"
    apart: str = _LETTERS.sub("\0\\g<0>\0", said)
    return apart


class LetterFrequency(Instruction):
    letter: Annotated[str, Field(min_length=1, max_length=1)]
    let_frequency: Count
    let_relation: Relation

    def missed(self, text: str) -> str:
        letter = seen(self.letter)
        count = seen(text).count(letter) if letter else text.count(self.letter)
        return relates(count, self.let_relation, self.let_frequency, f"times {self.letter!r}")


def _a_language(code: str) -> str:
    if code not in known_languages():
        raise ValueError(f"unknown language {code!r}; known: {', '.join(known_languages())}")
    return code


class ResponseLanguage(Instruction):
    language: Annotated[str, AfterValidator(_a_language)]

    def missed(self, text: str) -> str:
        return "" if speaks(text, self.language) else f"not in the language {self.language!r}"


class NumberSentences(Instruction):
    num_sentences: Count
    relation: Relation

    def missed(self, text: str) -> str:
        return relates(sentences(text), self.relation, self.num_sentences, "sentences")


class NumberWords(Instruction):
    num_words: Count
    relation: Relation

    def missed(self, text: str) -> str:
        return relates(len(words(text)), self.relation, self.num_words, "words")


class NumberParagraphs(Instruction):
    """Paragraphs divided by `***`. One that is empty between two dividers is an error of its own. `***bold italic***`
    divides none; the original takes it for two dividers."""

    num_paragraphs: Count

    def missed(self, text: str) -> str:
        parts = divided_paragraphs(text)
        if not all(parts[1:-1]):
            return "an empty paragraph between two ***"
        return exactly(sum(map(bool, parts)), self.num_paragraphs, "paragraphs")


class ParagraphFirstWord(Instruction):
    """Paragraphs divided by a blank line. Marks before the first word do not count; it ends at an apostrophe, as in the
    original, and at a dash, not at a hyphen."""

    num_paragraphs: Count
    nth_paragraph: Count
    first_word: Phrase

    def missed(self, text: str) -> str:
        parts = paragraphs(text)
        if len(parts) != self.num_paragraphs or self.nth_paragraph > len(parts):
            return f"{len(parts)} paragraphs, wanted {self.num_paragraphs}"
        said, wanted = _FIRST_MARKS.sub("", phrase(parts[self.nth_paragraph - 1])), phrase(self.first_word)
        if said.startswith(wanted) and not _GOES_ON.match(said, len(wanted)):
            return ""
        return f"paragraph {self.nth_paragraph} begins {said.partition(' ')[0]!r:.60}"


class NumberPlaceholders(Instruction):
    num_placeholders: Count

    def missed(self, text: str) -> str:
        return _at_least(placeholders(text), self.num_placeholders, "placeholders")


class Postscript(Instruction):
    """A line that begins with the marker, and text after it, there or below. The original takes the marker anywhere."""

    postscript_marker: Phrase

    def missed(self, text: str) -> str:
        return postscript(text, self.postscript_marker)


class NumberBulletLists(Instruction):
    """Lines that begin with `*` or `-` and hold something; exactly so many, and none with another sign. The original
    counts a rule of stars, and takes other signs for text."""

    num_bullets: Count

    def missed(self, text: str) -> str:
        if others := other_bullets(text):
            return f"{len(others)} bullet points with {others[0]!r}, wanted * or -"
        return exactly(bullets(text), self.num_bullets, "bullet points")


ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


class ConstrainedResponse(Instruction):
    """Exactly one of the three answers. The original takes a text that holds all of them."""

    def missed(self, text: str) -> str:
        found = [answer for answer in ANSWERS if answer in text]
        return "" if len(found) == 1 else f"{len(found)} of the three answers, wanted one"


class NumberHighlightedSections(Instruction):
    """Spans of `*text*` or `**text**`, each counted once. The original counts products (`2 * 3 * 4`) as well."""

    num_highlights: Count

    def missed(self, text: str) -> str:
        return _at_least(highlights(text), self.num_highlights, "highlighted sections")


class MultipleSections(Instruction):
    """Lines that begin with the splitter and a number, each with text below. The original counts them anywhere."""

    section_spliter: Phrase
    num_sections: Count

    def missed(self, text: str) -> str:
        found = sections(text, self.section_spliter)
        return _at_least(found, self.num_sections, f"sections with {self.section_spliter!r}")


class JsonFormat(Instruction):
    """The whole text, or its one fence, is JSON: an object or a list. The original takes any JSON."""

    def missed(self, text: str) -> str:
        try:
            value = strict_json.loads(unfenced(text))
        except ValueError as error:
            return f"no JSON: {error}"
        return "" if isinstance(value, dict | list) else f"no object or list, but {value!r:.60}"


class Title(Instruction):
    """A text in double angle brackets. The original takes two shifts of a line (`1 << 2 and 8 >> 1`) as well."""

    def missed(self, text: str) -> str:
        return "" if has_title(text) else "no title in double angle brackets"


class TwoResponses(Instruction):
    """Two different texts divided by six asterisks."""

    def missed(self, text: str) -> str:
        parts = [unmarked(part) for part in text.split("******")]
        inner = [part for part in parts if words(part)]
        if len(inner) != 2 or any(not part for part in parts[1:-1]):
            return f"{len(inner)} responses, wanted two divided by ******"
        return "" if inner[0] != inner[1] else "the same response twice"


class RepeatPrompt(Instruction):
    """Begins with the prompt, word for word; what follows is not judged, as in the original. Runs of blanks are one."""

    prompt_to_repeat: Phrase

    def missed(self, text: str) -> str:
        said, wanted = (" ".join(part.split()).casefold() for part in (text, self.prompt_to_repeat))
        return "" if said.startswith(wanted) else "does not begin with the request"


class EndChecker(Instruction):
    """Quotes of any kind and marks of markdown may close after the phrase. The original knows the straight quote."""

    end_phrase: Phrase

    def missed(self, text: str) -> str:
        said, wanted = phrase(text), phrase(self.end_phrase)
        # a phrase of closing marks alone would be stripped to nothing, and end every text
        if wanted.strip(_CLOSING):
            said, wanted = said.rstrip(_CLOSING), wanted.strip(_CLOSING)
        return "" if said.endswith(wanted) else "does not end with the phrase"


class Quotation(Instruction):
    """One pair of `"` around the whole text. The original takes two quotations with text between them."""

    def missed(self, text: str) -> str:
        return "" if is_quoted(text) else "not wrapped in one pair of double quotation marks"


class CapitalWordFrequency(Instruction):
    capital_frequency: Count
    capital_relation: Relation

    def missed(self, text: str) -> str:
        count = sum(word.isupper() for word in words(text))
        return relates(count, self.capital_relation, self.capital_frequency, "words in capitals")


class EnglishCapital(Instruction):
    def missed(self, text: str) -> str:
        return "not all in capitals" if not text.isupper() else "" if speaks(text, "en") else "not in English"


class EnglishLowercase(Instruction):
    def missed(self, text: str) -> str:
        return "not all in small letters" if not text.islower() else "" if speaks(text, "en") else "not in English"


class NoComma(Instruction):
    """Commas of other scripts are commas. The original looks for the Latin one alone."""

    def missed(self, text: str) -> str:
        found = comma(text)
        return f"a comma: {found!r}" if found else ""


INSTRUCTIONS: dict[str, type[Instruction]] = {
    "keywords:existence": KeywordsExist,
    "keywords:frequency": KeywordFrequency,
    "keywords:forbidden_words": ForbiddenWords,
    "keywords:letter_frequency": LetterFrequency,
    "language:response_language": ResponseLanguage,
    "length_constraints:number_sentences": NumberSentences,
    "length_constraints:number_paragraphs": NumberParagraphs,
    "length_constraints:number_words": NumberWords,
    "length_constraints:nth_paragraph_first_word": ParagraphFirstWord,
    "detectable_content:number_placeholders": NumberPlaceholders,
    "detectable_content:postscript": Postscript,
    "detectable_format:number_bullet_lists": NumberBulletLists,
    "detectable_format:constrained_response": ConstrainedResponse,
    "detectable_format:number_highlighted_sections": NumberHighlightedSections,
    "detectable_format:multiple_sections": MultipleSections,
    "detectable_format:json_format": JsonFormat,
    "detectable_format:title": Title,
    "combination:two_responses": TwoResponses,
    "combination:repeat_prompt": RepeatPrompt,
    "startend:end_checker": EndChecker,
    "startend:quotation": Quotation,
    "change_case:capital_word_frequency": CapitalWordFrequency,
    "change_case:english_capital": EnglishCapital,
    "change_case:english_lowercase": EnglishLowercase,
    "punctuation:no_comma": NoComma,
}
