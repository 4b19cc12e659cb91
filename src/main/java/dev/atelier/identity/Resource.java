package dev.atelier.identity;

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
                "Everyone finds its name; only its owner and those who were granted access see more."),
        RESTRICTED(
                "Restricted",
                "Only its owner and those who were granted access find it in lists and see it.");

        private final String label;
        private final String sentence;

        Visibility(String label, String sentence) {
            this.label = label;
            this.sentence = sentence;
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

    /** One permission for one holder. */
    public record Grant(String holder, Permission permission) {}
}
