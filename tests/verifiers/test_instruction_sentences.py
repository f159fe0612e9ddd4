"""How many sentences: the ends of many scripts, and the points that end none."""
# tables, one case a line
# ruff: noqa: E501

import pytest

from temper.verifiers.instruction.sentences import sentences

ENDS = [
    ("", 0), ("One", 1), ("One. Two.", 2), ("One? Two! Three…", 3), ("!!! ???", 0), ("One.\nTwo.\n\nThree.", 3), ("One.  Two.\tThree.", 3), ("Really?! Yes!!! No...", 3),
    ('He said "No." Then he left.', 2), ("(We won.) (They lost.)", 2), ("**We won.** They lost.", 2), ("_We won._ *They lost.* `All is well.`", 3), ("“We won.” “They lost.”", 2),
    ("«On a gagné.» Ils ont perdu.", 2), ("We won.' They lost.", 2), ("We won. 🎉 They lost. 🎉", 2), ("It costs 3.50 euros. Yes.", 2), ("It has 5. Then 6.", 2), ("In 1990. Then.", 2), ("See a.b.c now. Yes.", 2),
    # small letters
    ("we won. they lost. all is well.", 3), ("did we win? yes! we did.", 3), ("my list: one is red. two is blue.", 2), ("an iPhone. iPads too.", 2), ("so do i. you too.", 2), ("élan vital. été.", 2), ("\"we won.\" they lost.", 2),
    # an ellipsis
    ("Wait... what? Yes", 2), ("One... Two", 2), ("well… maybe… not", 1), ("Well… Maybe… Not", 3), ("and so on...", 1),
    # what ends none
    ("Title\n\nOne. Two.", 2), ("<<The Cup>>\n\nWe won.", 1), ("# The Cup\nWe won.\n## The Match\nThey lost.", 2), ("**The Cup**\n\nWe won.", 1), ("- one\n- two\n- three", 1), ("We won\n\nThey lost", 1), ("Dear Ann,\n\nWe won.\n\nYours,\nBob", 2),
    # other scripts
    ("今日は。明日も。", 2), ("我们赢了！他们输了？是的。", 3), ("真的吗?是的!好。", 3), ("他说：“好。”我走了。", 2), ("우리가 이겼다. 그들은 졌다.", 2), ("हम जीत गए। वे हार गए। सब ठीक है।", 3), ("हम जीत गए।वे हार गए।", 2), ("আমরা জিতেছি। তারা হেরেছে।", 2),
    ("هل فزنا؟ نعم.", 2), ("ہم جیت گئے۔ وہ ہار گئے۔", 2), ("Հաղթեցինք։ Պարտվեցին։", 2), ("አሸነፍን። ተሸነፉ።", 2), ("យើងឈ្នះ។ ពួកគេចាញ់។", 2), ("တို့နိုင်တယ်။ သူတို့ရှုံးတယ်။", 2), ("Νικήσαμε; Ναι.", 2), ("Νικήσαμε\u037e Ναι.", 2),
    ("Мы выиграли. Они проиграли.", 2), ("¿Ganamos? ¡Sí! Ganamos.", 3), ("ＡＢＣ．ＤＥＦ．", 2), ("円周率は３．１４です。", 1), ("བཀྲ་ཤིས། བདེ་ལེགས།", 2),
    # what nobody sees
    ("We won.\u200b They lost.", 2), ("We won.\u00a0They lost.", 2), ("...\u200b... ...", 0),
]  # fmt: skip

POINTS = [
    # titles and initials
    ("He met Dr. No. She left.", 2), ("Mr. and Mrs. Smith came.", 1), ("Prof. Ann Lee and Sgt. Bob left.", 1), ("J. R. R. Tolkien wrote it. I read it.", 2), ("George W. Bush won.", 1), ("MR. SMITH CAME. DR. LEE LEFT.", 2), ("St. Paul is far.", 1),
    ("We took plan B. It worked.", 2), ("So did I. We won.", 2), ("from A to B. Then home.", 2),
    # within a sentence
    ("E.g. this, i.e. that.", 1), ("cats vs. dogs, cf. Ann, e.g. Bob", 1), ("approx. five, est. in May, max. six", 1), ("Lee et al. Found it", 1), ("P.S. We won.", 1), ("p.p.s. we won.", 1),
    # before a number
    ("No. 5 won. No. 7 lost.", 2), ("Is it? No. It is not.", 3), ("See Fig. 3 and pp. 5-6 of vol. 2.", 1), ("On Jan. 5 we met. In Dec. It rained.", 3), ("Nos. 1 and 2, art. 5", 1),
    # a sentence may end with them
    ("We met at 3 p.m. We left at 5 p.m. It rained.", 3), ("We met at 3 p.m. Rain fell.", 2), ("at 3 p.m. EST on Monday", 1), ("At 9 a.m. Monday we met.", 1), ("at 5 p.m. and later", 1), ('He left at 5 p.m. "We stayed."', 2),
    ("Apples, pears, etc. Then nuts.", 2), ("apples, pears, etc. and nuts", 1), ("(apples, etc.) and nuts", 1), ("In the U.S. Army. In the U.S. They won.", 3), ("Acme Inc. CEO Bob left. Acme Inc. It grew.", 3),
    ("Bob Jr. Smith came. Bob Jr. He came.", 3), ("Ann Lee, Ph.D. She won.", 2), ("Ann has a Ph.D. in math.", 1), ("on Main St. The house burnt.", 2), ("- made in the U.S.\n- sold here", 2), ("Made by Acme Inc.\n\nAnn Lee", 2),
    # marks of a list
    ("1. We won.\n2. They lost.\n3. All is well.", 3), ("10. Boil water.\n11. Add salt.", 2), ("a. We won.\nb. They lost.", 2), ("A. Paris\nB. Rome", 1), ("iv. We won.\nv. They lost.", 2), ("I. We won.\nII. They lost.", 2), ("1.1. We won.\n1.2. They lost.", 2),
    ("- 1. We won.\n> 2. They lost.", 2), ("**1.** We won.\n**2.** They lost.", 2), ("So: 1. Boil water. 2. Add salt.", 2), ("1) We won.\n2) They lost.", 2), ("Steps\n\n1. Boil\n2. Salt", 1), ("What is 2+2? 4. Good.", 2),
    ("How many?\n5.\nGood.", 3), ("It was 5. We won.", 2), ("1. One\n2. Two\n3. Three", 1),
]  # fmt: skip


@pytest.mark.parametrize("text, count", ENDS)
def test_a_sentence_ends_at_the_full_stops_of_its_script(text: str, count: int) -> None:
    assert sentences(text) == count


@pytest.mark.parametrize("text, count", POINTS)
def test_a_point_ends_no_sentence_after_an_abbreviation_or_the_mark_of_an_item(text: str, count: int) -> None:
    assert sentences(text) == count
