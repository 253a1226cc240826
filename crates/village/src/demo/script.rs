//! Who lives in the demo and what they say. People, places and words are invented.

use super::pictures::Scene;

/// Handle, name, about. The first owns the community.
pub const PEOPLE: &[(&str, &str, &str)] = &[
    ("ana", "Ana Ribeiro", "Mother of Noor, born at 27 weeks. Night shifts, strong tea."),
    ("mara", "Mara Lindqvist", "Two boys, one loud house. Used to knit, now I untangle."),
    ("tomas", "Tomás Vega", "Dad of Lucía. Cooks for six, feeds three."),
    ("imani", "Imani Okafor", "Midwife by day, tired by night. Ask me anything about latching."),
    ("jonas", "Jonas Weber", "Single father of twins. Yes, both of them. Yes, all the time."),
    ("yuki", "Yuki Tanaka", "Preschool teacher and mother of Sora."),
    ("fatima", "Fatima El Amrani", "Three under five. I answer between naps."),
    ("oskar", "Oskar Nowak", "Grandad on duty, three days a week."),
    ("leila", "Leila Haddad", "First baby, first everything."),
    ("ben", "Ben Carter", "Stay-at-home dad. Forest enthusiast, mud apologist."),
    ("sofia", "Sofía Moreno", "Our boy came at 29 weeks. He is four now and runs."),
    ("ruth", "Ruth Abebe", "Paediatric nurse. Not your doctor, happy to listen."),
];

/// Each person follows those this many places further on.
pub const FOLLOWS_OF_EACH: [usize; 5] = [1, 2, 4, 7, 10];

pub struct Channel {
    pub slug: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub visibility: &'static str,
    pub owner: usize,
    pub members: &'static [usize],
}

pub const CHANNELS: &[Channel] = &[
    Channel {
        slug: "preemies",
        name: "Preemies",
        description: "For families whose babies came early: the NICU, the homecoming, and the years after.",
        visibility: "open",
        owner: 0,
        members: &[1, 3, 8, 10, 11, 4],
    },
    Channel {
        slug: "preschools",
        name: "Preschools",
        description: "Waiting lists, settling in, packed lunches, and the first best friend.",
        visibility: "open",
        owner: 5,
        members: &[0, 2, 6, 9, 1, 7],
    },
    Channel {
        slug: "sleep",
        name: "Sleep",
        description: "Or the lack of it. No method wars.",
        visibility: "open",
        owner: 1,
        members: &[0, 4, 6, 8, 2, 9],
    },
    Channel {
        slug: "single-parents",
        name: "Single parents",
        description: "One pair of hands. Swap tips, swap evenings.",
        visibility: "open",
        owner: 4,
        members: &[3, 8, 10],
    },
    Channel {
        slug: "first-foods",
        name: "First foods",
        description: "Purées, finger food, and what ended up on the ceiling.",
        visibility: "open",
        owner: 2,
        members: &[0, 6, 8, 7],
    },
    Channel {
        slug: "birch-street",
        name: "Birch Street",
        description: "The families of Birch Street. Keys, prams and soup.",
        visibility: "private",
        owner: 0,
        members: &[1, 2, 7, 9],
    },
];

pub struct Picture {
    pub scene: Scene,
    pub alt: &'static str,
}

pub struct Post {
    pub author: usize,
    pub channel: Option<usize>,
    pub hours_ago: i64,
    pub body: &'static str,
    pub pictures: &'static [Picture],
    pub comments: &'static [(usize, &'static str)],
    pub liked_by: &'static [usize],
}

/// Oldest first.
pub const POSTS: &[Post] = &[
    Post {
        author: 10,
        channel: Some(0),
        hours_ago: 76,
        body: "Four years ago today they let me hold him for eleven minutes. Today he ran the whole length of the beach. If you are at minute eleven: I was there, and I am here.",
        pictures: &[Picture { scene: Scene::Sea, alt: "A drawn beach in the evening with two small figures" }],
        comments: &[
            (0, "I needed this today. Thank you."),
            (8, "Crying into cold coffee."),
            (11, "We remember every one of them, you know."),
        ],
        liked_by: &[0, 1, 3, 4, 6, 8, 9, 11],
    },
    Post {
        author: 7,
        channel: None,
        hours_ago: 71,
        body: "Three hours with the little one at the allotment. One of us had a nap in the wheelbarrow. It was not her.",
        pictures: &[Picture { scene: Scene::Garden, alt: "A drawn garden with hills and round flowers" }],
        comments: &[(9, "This is the dream, Oskar.")],
        liked_by: &[1, 2, 5, 9],
    },
    Post {
        author: 8,
        channel: Some(2),
        hours_ago: 64,
        body: "Ten weeks. She sleeps only if somebody walks. Has anyone found the off switch?",
        pictures: &[],
        comments: &[
            (1, "The hoover. Do not ask how I know."),
            (4, "Sling and a very boring podcast."),
            (6, "It passes. Not tonight, but it passes."),
        ],
        liked_by: &[1, 4, 6],
    },
    Post {
        author: 2,
        channel: Some(4),
        hours_ago: 58,
        body: "Roast carrot, lentils, a little cumin. Soft enough to squash between two fingers. Lucía ate it with both hands and one ear.",
        pictures: &[Picture {
            scene: Scene::Kitchen,
            alt: "A drawn plate with three round vegetables on a kitchen table",
        }],
        comments: &[(6, "How much cumin at nine months?"), (2, "A pinch for the whole pot."), (7, "I would eat that.")],
        liked_by: &[0, 6, 7, 8],
    },
    Post {
        author: 5,
        channel: Some(1),
        hours_ago: 52,
        body: "From the other side of the fence: what helps most in the first week is a short goodbye. Kiss, wave at the window, go. We will write to you if the tears last longer than the first song.",
        pictures: &[Picture { scene: Scene::Blocks, alt: "A drawn tower of coloured blocks" }],
        comments: &[
            (0, "Which song, so that I can practise?"),
            (2, "Saving this for January."),
            (9, "I am the one who cries at the window."),
        ],
        liked_by: &[0, 1, 2, 6, 7, 9],
    },
    Post {
        author: 4,
        channel: Some(3),
        hours_ago: 45,
        body: "Both twins ill, one parent, no sleep. Somebody left soup on the step. I do not know who you are. You are the reason I believe in this place.",
        pictures: &[],
        comments: &[
            (3, "Rest. Text me tomorrow, I can take the morning."),
            (10, "One pair of hands, many pots of soup."),
        ],
        liked_by: &[0, 1, 3, 5, 8, 10, 11],
    },
    Post {
        author: 9,
        channel: None,
        hours_ago: 38,
        body: "Forest day. Found: one feather, two slugs, a stick that may not be left behind under any circumstances. Lost: one mitten.",
        pictures: &[
            Picture { scene: Scene::Forest, alt: "A drawn forest path with a small figure in a yellow coat" },
            Picture { scene: Scene::Garden, alt: "A drawn meadow" },
        ],
        comments: &[(5, "The stick may come to preschool if it stays outside.")],
        liked_by: &[1, 2, 5, 7],
    },
    Post {
        author: 0,
        channel: Some(5),
        hours_ago: 30,
        body: "Noor may come home for a trial weekend on the 5th. Could we keep the stairwell free of prams that Friday? I will bring cake to everyone on every floor.",
        pictures: &[],
        comments: &[(1, "Consider it done."), (7, "I will oil the door. It squeaks.")],
        liked_by: &[1, 2, 7, 9],
    },
    Post {
        author: 6,
        channel: Some(2),
        hours_ago: 24,
        body: "All three asleep at the same time. I am standing in the hallway and do not dare to move.",
        pictures: &[Picture { scene: Scene::Night, alt: "A drawn night sky over a house with one lit window" }],
        comments: &[(8, "Do not even blink."), (1, "Framing this.")],
        liked_by: &[0, 1, 4, 8, 9],
    },
    Post {
        author: 11,
        channel: Some(0),
        hours_ago: 16,
        body: "A question I hear often: may siblings visit? Ask your unit. Many have a day for it, and a drawing on the incubator counts as a visit too.",
        pictures: &[],
        comments: &[(3, "We hang every drawing. Every one.")],
        liked_by: &[0, 3, 8, 10],
    },
    Post {
        author: 3,
        channel: None,
        hours_ago: 9,
        body: "Long night, good night. Two new people in the world, both with opinions.",
        pictures: &[Picture { scene: Scene::Window, alt: "A drawn window with morning light and a plant on the sill" }],
        comments: &[],
        liked_by: &[0, 1, 4, 11],
    },
    Post {
        author: 8,
        channel: None,
        hours_ago: 5,
        body: "She smiled. At the lamp, but still.",
        pictures: &[Picture { scene: Scene::Blanket, alt: "A drawn baby wrapped in white on a patchwork blanket" }],
        comments: &[(3, "The lamp is very funny, to be fair.")],
        liked_by: &[0, 1, 3, 6],
    },
    Post {
        author: 2,
        channel: Some(1),
        hours_ago: 1,
        body: "Does anyone have experience with the forest preschool on Birch Street? Waiting list, mud, winter clothes: tell me everything.",
        pictures: &[],
        comments: &[
            (9, "Two pairs of everything, and write the name on all of it."),
            (5, "Visit on a rainy day. Then you know."),
        ],
        liked_by: &[0, 9],
    },
    Post {
        author: 1,
        channel: Some(0),
        hours_ago: 0,
        body: "Day 41 in the NICU for my sister's little one, and today he came off the ventilator. First cuddle without wires. To everyone who answered my 3 a.m. questions: thank you.",
        pictures: &[
            Picture { scene: Scene::Window, alt: "A drawn window with warm evening light" },
            Picture { scene: Scene::Garden, alt: "A drawn garden, seen from the ward" },
            Picture { scene: Scene::Blanket, alt: "A drawn baby wrapped in white on a patchwork blanket" },
        ],
        comments: &[
            (0, "Off the ventilator. I am so glad."),
            (10, "The first one without wires. You never forget it."),
        ],
        liked_by: &[0, 3, 4, 8, 10, 11],
    },
];

pub struct Talk {
    pub between: (usize, usize),
    pub hours_ago: i64,
    /// Who says what.
    pub lines: &'static [(usize, &'static str)],
}

/// Oldest first.
pub const TALKS: &[Talk] = &[
    Talk {
        between: (2, 0),
        hours_ago: 26,
        lines: &[
            (2, "Do you still have the little high chair?"),
            (0, "Yes, it is in the cellar. Come by after five?"),
            (2, "Perfect. I will bring the lentils."),
        ],
    },
    Talk {
        between: (4, 3),
        hours_ago: 20,
        lines: &[
            (4, "Fever is down. Both asleep."),
            (3, "Good. Drink some water yourself."),
            (4, "Was the soup you?"),
            (3, "I cannot comment on ongoing soup."),
        ],
    },
    Talk {
        between: (0, 10),
        hours_ago: 12,
        lines: &[
            (0, "How did you get through the weeks when nothing changed?"),
            (10, "I counted grams. And I let people bring me food."),
            (10, "Some days only one of the two."),
        ],
    },
    Talk {
        between: (1, 0),
        hours_ago: 0,
        lines: &[
            (1, "You were right about the night nurse"),
            (1, "She stayed with me until it was over"),
            (0, "I'm so glad. Sleep now"),
            (1, "I will. Tell me when Noor is home?"),
        ],
    },
];
