package dev.atelier.identity;

import dev.atelier.platform.problems.NotFound;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A thing that has an owner and may be hidden from some.
 *
 * @param ref entity reference, say {@code model:default/churn}
 * @param owner reference of the user or group that owns it; null when nobody does
 * @param grants what single holders may beyond their roles, those that have not ended
 */
public record Resource(
        String ref, @Nullable String owner, Visibility visibility, List<Grant> grants) {

    /** Who may find and use a thing by their role alone. */
    public enum Visibility {
        COMPANY("Everyone here", "Everyone with the role may see, try and call it."),
        TEAM(
                "Its team",
                "Everyone finds its entry in the catalog; only its owner and those who were granted"
                        + " access see its versions, try it and call it."),
        RESTRICTED(
                "Restricted", "Only its owner and those who were granted access find it at all.");

        private final String label;
        private final String sentence;

        Visibility(String label, String sentence) {
            this.label = label;
            this.sentence = sentence;
        }

        /** As stored; nothing stored means the whole company. */
        static Visibility of(@Nullable String id) {
            return id == null ? COMPANY : valueOf(id.toUpperCase(Locale.ROOT));
        }

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public String label() {
            return label;
        }

        public String sentence() {
            return sentence;
        }
    }

    /** Address in the portal where one can ask for access to it. */
    public String ask() {
        return ask(ref);
    }

    private static String ask(String ref) {
        return "/access/new?on=" + URLEncoder.encode(ref, StandardCharsets.UTF_8);
    }

    /** Reference of the model of a name, whatever its case. */
    public static String model(String name) {
        return "model:default/" + name.toLowerCase(Locale.ROOT);
    }

    /** What is answered for a thing that does not exist, and in the same words for a hidden one. */
    public static NotFound unknown(String ref) {
        return new NotFound(
                "There is no %s \"%s\", or it is not shown to you."
                        .formatted(
                                ref.substring(0, ref.indexOf(':')),
                                ref.substring(ref.indexOf('/') + 1)),
                ask(ref));
    }

    /** One permission for one holder. */
    public record Grant(String holder, Permission permission) {}
}
