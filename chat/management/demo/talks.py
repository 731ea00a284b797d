# ruff: noqa: RUF001 - people here write in several scripts
"""What the people of the demo say and do, with the moment of each step.

A moment is "3d 18:04", a time of day so many days ago where the first person of the cast lives, or "25m", so many
minutes ago. Those of yesterday end at 17:00 and those in minutes begin four hours back, so that the order holds at
whatever time of day the demo is made.
"""

from dataclasses import dataclass

LONG_NOTE = """Watering, so that everybody does it the same way:

1. Before nine in the morning or after seven in the evening. At noon half of it just dries up.
2. Tomatoes: at the foot, never on the leaves. Two cans for each bed, every day that is above 25 degrees.
3. Herbs: only when the soil feels dry down to the second knuckle of your finger. Rosemary wants less than you think.
4. The barrel by the shed fills from the roof. Use it first, and put the lid back on, because of the mosquitoes and \
because of Zoë's nephew.
5. If the barrel is empty: the key for the tap in the yard hangs inside the shed, on the left, behind the gloves.

Whoever has the week also picks what is ripe and leaves it in the basket by the stairs. Take what you need, and leave \
something for those on the fourth floor."""


@dataclass(frozen=True)
class Add:
    people: str


@dataclass(frozen=True)
class Remove:
    person: str


@dataclass(frozen=True)
class Rename:
    title: str


Step = tuple[str, str, str | Add | Remove | Rename]  # when, who, what: a text is said


@dataclass(frozen=True)
class Talk:
    """One conversation. people: who begins it, then the others; unread: the last rows, not yet seen."""

    people: str
    steps: list[Step]
    title: str = ""
    unread: int = 0


TALKS = [
    Talk(
        "anna tomas zoe ravi olena",
        title="Garden",
        unread=4,
        steps=[
            ("6d 17:30", "anna", "Hello everybody! I thought we need one place for the beds in the courtyard."),
            ("6d 17:34", "tomas", "Good. The list on the stairs was wet again this morning."),
            ("6d 17:35", "zoe", "🌱"),
            ("6d 17:41", "ravi", "I am in. I have seeds left: okra, chillies, and far too much coriander."),
            ("6d 18:02", "anna", Rename("Courtyard garden 🌻")),
            ("6d 18:20", "olena", "Доброго вечора! I can take the weeks in August, we are not travelling this year."),
            ("5d 08:15", "anna", "Does somebody know whether Wei from the second floor would like to join?"),
            ("5d 08:22", "zoe", "He asked me last week. Add him!"),
            ("5d 08:23", "anna", Add("wei")),
            ("5d 12:47", "wei", "谢谢！ I can build the second trellis, I still have the wood."),
            ("5d 12:50", "tomas", "You are our hero."),
            ("4d 19:05", "tomas", LONG_NOTE),
            ("4d 19:11", "zoe", "My nephew is innocent 😇"),
            ("4d 19:12", "ravi", "Your nephew was in the barrel, Zoë."),
            ("4d 19:12", "zoe", "Once!"),
            ("3d 07:50", "olena", "The plan for the beds, with sun and shade: https://example.org/beds/plan"),
            ("3d 08:30", "anna", "This is wonderful, thank you. So the basil goes next to the wall."),
            ("2d 16:10", "ravi", "Okra is out of the ground! Eleven of twelve."),
            ("2d 16:12", "wei", "And the twelfth?"),
            ("2d 16:15", "ravi", "The twelfth was eaten by a snail with excellent taste."),
            ("1d 09:40", "anna", "I have watered until today. Who takes the next week?"),
            ("1d 16:20", "wei", "The trellis stands. Please do not lean on it before tomorrow."),
            ("52m", "tomas", "I can take this week, but not Saturday."),
            ("48m", "zoe", "Saturday is mine then. I bring the nephew, and a net for the barrel."),
            ("31m", "olena", "First tomatoes are red 🍅🍅 in the basket by the stairs."),
            ("9m", "ravi", "Three of them were for you, Anna. I kept them before the fourth floor found out."),
        ],
    ),
    Talk(
        "anna misaki",
        unread=2,
        steps=[
            ("4d 13:02", "misaki", "アンナさん、お久しぶりです。来月プラハに行くことになりました！"),
            ("4d 13:20", "anna", "それは嬉しい！ How long can you stay? The sofa is yours."),
            ("4d 13:24", "misaki", "Five days, from the 12th. お土産は何がいいですか。"),
            ("4d 13:31", "anna", "Only you. And that green tea, if there is room in the suitcase 🍵"),
            ("1d 10:15", "misaki", "飛行機を予約しました。午後三時に着きます。"),
            ("1d 10:40", "anna", "I will be at the station. Platform two, with a very large sign."),
            ("38m", "misaki", "一つ質問があります。夜はまだ寒いですか。"),
            ("37m", "misaki", "Should I bring the warm coat, or is a jacket enough?"),
        ],
    ),
    Talk(
        "tomas anna",
        steps=[
            ("3d 18:04", "tomas", "Do you still have the long ladder? The gutter above my window sings at night."),
            ("3d 18:09", "anna", "In the cellar, behind the bicycles. Take it for as long as you want."),
            ("3d 18:10", "tomas", "Obrigado! It is back on Thursday."),
            ("1d 15:30", "tomas", "Ladder is back, gutter is silent, and I found your second glove."),
            ("1d 15:42", "anna", "The left one? I have been looking for it since March!"),
            ("95m", "tomas", "It hangs on your door. Coffee on Friday?"),
            ("88m", "anna", "Coffee on Friday. I bring the cake."),
        ],
    ),
    Talk(
        "layla anna",
        unread=1,
        steps=[
            ("5d 11:12", "layla", "مرحبا آنا! هل وصلت الكتب؟"),
            ("5d 11:30", "anna", "Yes, شكراً! All three of them, and not one corner is bent."),
            ("5d 11:33", "layla", "الحمد لله. ابدئي بالكتاب الأزرق، إنه أفضلها."),
            ("2d 14:00", "anna", "I am on page 140 of the blue one and I slept four hours. You could have warned me."),
            ("2d 14:06", "layla", "😂😂"),
            ("66m", "layla", "لا تقرئي الفصل الأخير وحدك. اتصلي بي أولاً!"),
        ],
    ),
    Talk(
        "zoe anna wei olena",
        title="Hike on Sunday 🥾",
        steps=[
            ("4d 09:00", "zoe", "Sunday will be dry. Who walks with me to the lookout tower?"),
            ("4d 09:14", "anna", "Me! If we are back by six."),
            ("4d 09:20", "wei", "我也去。 What time?"),
            ("4d 09:26", "olena", "Я теж! The train at 8:12 is the last one without a change."),
            ("4d 09:31", "zoe", "8:12 it is. The path, 14 km and not steep: https://example.org/paths/lookout-tower"),
            ("3d 20:10", "olena", "I am sorry, I have to work on Sunday after all. Have a beautiful day!"),
            ("3d 20:11", "olena", Remove("olena")),
            ("3d 20:15", "zoe", "Oh no. We will walk a kilometre for you."),
            ("2d 12:30", "zoe", "Olena wrote that her shift was moved. Welcome back!"),
            ("2d 12:31", "zoe", Add("olena")),
            ("2d 12:40", "olena", "I read what you walked for me. Now I can walk it myself 🙂"),
            ("1d 08:05", "wei", "I bring dumplings for four, so please do not bring bread."),
            ("1d 08:20", "anna", "We bring appetite."),
        ],
    ),
    Talk(
        "anna tomas misaki layla",
        steps=[
            ("2d 09:10", "anna", "Psst. Olena's birthday is on the 27th, and she is not in here."),
            ("2d 09:12", "layla", "A cake with sunflowers?"),
            ("2d 09:25", "misaki", "オレナさんの好きな色は何色ですか。 I could fold flowers from paper."),
            ("2d 09:31", "tomas", "Blue. I have the long table, and a cousin with an accordion."),
            ("2d 09:32", "anna", "Of course you have a cousin with an accordion."),
            ("1d 11:00", "layla", "The baker wants to know by Wednesday: 24 or 30 pieces?"),
            ("1d 11:05", "anna", "30. Everybody eats two."),
        ],
    ),
    Talk(
        "ravi anna",
        steps=[
            ("6d 10:20", "ravi", "Welcome to our new chat! I could read all of it, so you set it up well."),
            ("6d 10:24", "anna", "One command, and then I only had to invite you. Do the pictures show?"),
            ("6d 10:25", "ravi", "They do. I look younger than in the mirror."),
            ("6d 10:26", "anna", "👍"),
        ],
    ),
    Talk(
        "olena anna ravi",
        title="Cellar clean-up",
        steps=[
            ("6d 12:00", "olena", "On Tuesday the container comes. What may go?"),
            ("6d 12:10", "anna", "Everything on the left is mine and may go, except the ladder."),
            ("6d 12:11", "ravi", "The ladder stays! Half the house lives from that ladder."),
            ("5d 15:00", "olena", "Done. Eleven bags, one lamp, and a sledge that nobody knows."),
            ("5d 15:30", "anna", "Thank you both. I leave this one, it has done its work."),
            ("5d 15:31", "anna", Remove("anna")),
        ],
    ),
    Talk(
        "zoe ravi",
        steps=[
            ("1d 12:00", "zoe", "Is there really okra? Real okra? Here?"),
            ("1d 12:03", "ravi", "Eleven plants. You cook, I bring them."),
        ],
    ),
]
