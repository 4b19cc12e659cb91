package dev.atelier.experiments;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Names for runs that their client did not name: easier to tell apart and to say than digits. */
final class RunNames {

    private static final List<String> KINDS =
            List.of(
                    "amber", "brisk", "calm", "clever", "coral", "crisp", "dapper", "eager",
                    "fabled", "gentle", "golden", "hardy", "hushed", "jolly", "keen", "lively",
                    "lucid", "mellow", "nimble", "patient", "plucky", "quiet", "rapid", "rustic",
                    "silver", "sleek", "spry", "steady", "sunny", "tidy", "upbeat", "vivid");

    private static final List<String> THINGS =
            List.of(
                    "badger",
                    "bison",
                    "crane",
                    "curlew",
                    "dormouse",
                    "egret",
                    "falcon",
                    "finch",
                    "gecko",
                    "heron",
                    "ibex",
                    "jay",
                    "kestrel",
                    "lark",
                    "lynx",
                    "marten",
                    "newt",
                    "otter",
                    "owl",
                    "pika",
                    "plover",
                    "quail",
                    "raven",
                    "robin",
                    "seal",
                    "shrew",
                    "swift",
                    "tern",
                    "vole",
                    "wren",
                    "yak",
                    "zander");

    private RunNames() {}

    static String invent() {
        var random = ThreadLocalRandom.current();
        return "%s-%s-%d"
                .formatted(
                        KINDS.get(random.nextInt(KINDS.size())),
                        THINGS.get(random.nextInt(THINGS.size())),
                        random.nextInt(1, 1000));
    }
}
