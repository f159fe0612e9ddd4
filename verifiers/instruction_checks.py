"""The 25 verifiable instructions of IFEval (arXiv 2311.07911), each a class whose fields are the row's `kwargs`.

`missed(text)` is empty when the text follows the instruction, else it says what was found. Written from the published
descriptions; where ours is stricter than the original's code, the class says so. A keyword is literal text, never a
pattern. `docs/instructions.md` has them as a table.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from temper.verifiers import strict_json
from temper.verifiers.instruction_sentences import sentences
from temper.verifiers.instruction_text import known_languages, speaks, words

Relation = Literal["at least", "less than"]
Text = Annotated[str, Field(min_length=1, max_length=100_000)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]
Count = Annotated[int, Field(ge=1, strict=True)]


class Instruction(BaseModel, ABC):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @abstractmethod
    def missed(self, text: str) -> str:
        """Why the text does not follow the instruction; empty when it does."""


def _relates(count: int, relation: Relation, wanted: int, what: str) -> str:
    holds = count >= wanted if relation == "at least" else count < wanted
    return "" if holds else f"{count} {what}, wanted {relation} {wanted}"


def _exactly(count: int, wanted: int, what: str) -> str:
    return "" if count == wanted else f"{count} {what}, wanted {wanted}"


def _at_least(count: int, wanted: int, what: str) -> str:
    return _relates(count, "at least", wanted, what)


def _times(keyword: str, text: str) -> int:
    """Occurrences anywhere, in either case, not overlapping."""
    return text.casefold().count(keyword.casefold())


class KeywordsExist(Instruction):
    keywords: Texts

    def missed(self, text: str) -> str:
        absent = [keyword for keyword in self.keywords if not _times(keyword, text)]
        return f"no {absent[0]!r}" if absent else ""


class KeywordFrequency(Instruction):
    keyword: Text
    frequency: Count
    relation: Relation

    def missed(self, text: str) -> str:
        return _relates(_times(self.keyword, text), self.relation, self.frequency, f"times {self.keyword!r}")


class ForbiddenWords(Instruction):
    """Whole words: "cat" does not forbid "catalogue"."""

    forbidden_words: Texts

    def missed(self, text: str) -> str:
        for word in self.forbidden_words:
            if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
                return f"the forbidden {word!r}"
        return ""


class LetterFrequency(Instruction):
    letter: Annotated[str, Field(min_length=1, max_length=1)]
    let_frequency: Count
    let_relation: Relation

    def missed(self, text: str) -> str:
        return _relates(_times(self.letter, text), self.let_relation, self.let_frequency, f"times {self.letter!r}")


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
        return _relates(sentences(text), self.relation, self.num_sentences, "sentences")


class NumberWords(Instruction):
    num_words: Count
    relation: Relation

    def missed(self, text: str) -> str:
        return _relates(len(words(text)), self.relation, self.num_words, "words")


class NumberParagraphs(Instruction):
    """Paragraphs divided by `***`. One that is empty between two dividers is an error of its own."""

    num_paragraphs: Count

    def missed(self, text: str) -> str:
        parts = re.split(r"\s*\*\*\*\s*", text)
        inner = parts[1:-1]
        if not all(part.strip() for part in inner):
            return "an empty paragraph between two ***"
        return _exactly(sum(bool(part.strip()) for part in parts), self.num_paragraphs, "paragraphs")


class ParagraphFirstWord(Instruction):
    """Paragraphs divided by a blank line."""

    num_paragraphs: Count
    nth_paragraph: Count
    first_word: Text

    def missed(self, text: str) -> str:
        parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
        if len(parts) != self.num_paragraphs or self.nth_paragraph > len(parts):
            return f"{len(parts)} paragraphs, wanted {self.num_paragraphs}"
        first = parts[self.nth_paragraph - 1].split()[0].strip("*_\"'“”‘’([{.,:;!?)]}").casefold()
        return (
            ""
            if first == self.first_word.strip().casefold()
            else f"paragraph {self.nth_paragraph} begins {first!r:.60}"
        )


class NumberPlaceholders(Instruction):
    num_placeholders: Count

    def missed(self, text: str) -> str:
        return _at_least(len(re.findall(r"\[[^\[\]\n]*\w[^\[\]\n]*\]", text)), self.num_placeholders, "placeholders")


class Postscript(Instruction):
    """A line that begins with the marker and goes on. The original takes it anywhere."""

    postscript_marker: Text

    def missed(self, text: str) -> str:
        letters = [re.escape(part) for part in self.postscript_marker.split()]
        if self.postscript_marker.strip().upper() in ("P.S.", "P.P.S"):
            letters = [r"\.\s?".join(self.postscript_marker.upper().strip(".").split(".")) + r"\.?"]
        marker = r"\s+".join(letters)
        found = re.search(rf"^[ \t*_#]*{marker}[ \t*_:,-]*\w", text, re.IGNORECASE | re.MULTILINE)
        return "" if found else f"no postscript {self.postscript_marker!r}"


class NumberBulletLists(Instruction):
    """Lines that begin with `*` or `-` and hold something; exactly so many."""

    num_bullets: Count

    def missed(self, text: str) -> str:
        return _exactly(len(re.findall(r"^[ \t]*[*-][ \t]+\S", text, re.MULTILINE)), self.num_bullets, "bullet points")


ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


class ConstrainedResponse(Instruction):
    """Exactly one of the three answers. The original takes a text that holds all of them."""

    def missed(self, text: str) -> str:
        found = [answer for answer in ANSWERS if answer in text]
        return "" if len(found) == 1 else f"{len(found)} of the three answers, wanted one"


class NumberHighlightedSections(Instruction):
    """Spans of `*text*` or `**text**`, each counted once."""

    num_highlights: Count

    def missed(self, text: str) -> str:
        found = re.findall(r"\*\*[^\n*]*[^\s*][^\n*]*\*\*|\*[^\n*]*[^\s*][^\n*]*\*", text)
        return _at_least(len(found), self.num_highlights, "highlighted sections")


class MultipleSections(Instruction):
    """Lines that begin with the splitter and a number, each with text below. The original counts them anywhere."""

    section_spliter: Text
    num_sections: Count

    def missed(self, text: str) -> str:
        mark = rf"^[ \t#*_]*{re.escape(self.section_spliter.strip())}[ \t]+\d+\b[ \t*_:.\-]*"
        filled = sum(bool(part.strip()) for part in re.split(mark, text, flags=re.MULTILINE)[1:])
        return _at_least(filled, self.num_sections, f"sections with {self.section_spliter!r}")


class JsonFormat(Instruction):
    """The whole text, or its one fence, is JSON: an object or a list. The original takes any JSON."""

    def missed(self, text: str) -> str:
        fence = re.fullmatch(r"```(?:json)?[ \t]*\n(.*)\n?```", text.strip(), re.DOTALL | re.IGNORECASE)
        try:
            value = strict_json.loads(fence.group(1) if fence else text)
        except ValueError as error:
            return f"no JSON: {error}"
        return "" if isinstance(value, dict | list) else f"no object or list, but {value!r:.60}"


class Title(Instruction):
    def missed(self, text: str) -> str:
        return "" if re.search(r"<<[^\n<>]*\w[^\n<>]*>>", text) else "no title in double angle brackets"


class TwoResponses(Instruction):
    """Two different texts divided by six asterisks."""

    def missed(self, text: str) -> str:
        parts = [" ".join(part.split()).casefold() for part in text.split("******")]
        inner = [part for part in parts if words(part)]
        if len(inner) != 2 or any(not part for part in parts[1:-1]):
            return f"{len(inner)} responses, wanted two divided by ******"
        return "" if inner[0] != inner[1] else "the same response twice"


class RepeatPrompt(Instruction):
    """The prompt, word for word, then an answer. The original takes the prompt alone."""

    prompt_to_repeat: Text

    def missed(self, text: str) -> str:
        said, wanted = (" ".join(part.split()).casefold() for part in (text, self.prompt_to_repeat))
        if not said.startswith(wanted):
            return "does not begin with the request"
        return "" if words(said[len(wanted) :]) else "no answer after the request"


class EndChecker(Instruction):
    end_phrase: Text

    def missed(self, text: str) -> str:
        said = text.strip().strip('"*_ \n').casefold()
        return "" if said.endswith(self.end_phrase.strip().strip('"').casefold()) else "does not end with the phrase"


class Quotation(Instruction):
    def missed(self, text: str) -> str:
        said = text.strip()
        wrapped = len(said) > 2 and said.startswith('"') and said.endswith('"') and bool(words(said))
        return "" if wrapped else "not wrapped in double quotation marks"


class CapitalWordFrequency(Instruction):
    capital_frequency: Count
    capital_relation: Relation

    def missed(self, text: str) -> str:
        count = sum(word.isupper() for word in words(text))
        return _relates(count, self.capital_relation, self.capital_frequency, "words in capitals")


class EnglishCapital(Instruction):
    def missed(self, text: str) -> str:
        return "not all in capitals" if not text.isupper() else "" if speaks(text, "en") else "not in English"


class EnglishLowercase(Instruction):
    def missed(self, text: str) -> str:
        return "not all in small letters" if not text.islower() else "" if speaks(text, "en") else "not in English"


class NoComma(Instruction):
    """Commas of other scripts are commas. The original looks for the Latin one alone."""

    def missed(self, text: str) -> str:
        found = re.search("[,،、，﹐]", text)
        return f"a comma: {found.group()!r}" if found else ""


INSTRUCTIONS: dict[str, Callable[..., Instruction]] = {
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
