package dev.atelier.models;

import java.text.Normalizer;
import java.util.Locale;
import java.util.function.Predicate;

/** Names of the portal for models that clients call by names which no catalog entity can have. */
final class ModelNames {

    /** With room for a number behind it. */
    private static final int LONGEST = 58;

    private ModelNames() {}

    /** The plain form of a name, with a number behind it when that is taken. */
    static String freeFrom(String called, Predicate<String> taken) {
        var plain = plain(called);
        var name = plain;
        for (int number = 2; taken.test(name); number++) {
            name = plain + "-" + number;
        }
        return name;
    }

    /**
     * Letters a to z, digits, and single - _ . between them: {@code Iris Klassifikator} is {@code
     * iris-klassifikator}.
     */
    static String plain(String called) {
        var text =
                Normalizer.normalize(called, Normalizer.Form.NFKD)
                        .replaceAll("\\p{M}", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9._-]+", "-")
                        .replaceAll("[-_.]*-[-_.]*", "-")
                        .replaceAll("([_.])[_.]+", "$1")
                        .replaceAll("^[-_.]+|[-_.]+$", "");
        var some =
                text.length() > LONGEST
                        ? text.substring(0, LONGEST).replaceAll("[-_.]+$", "")
                        : text;
        return some.isEmpty() ? "model" : some;
    }
}
