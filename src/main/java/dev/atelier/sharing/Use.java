package dev.atelier.sharing;

import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What people want of a thing, in their words; each is some permissions. */
public enum Use {
    SEE("See it", "its card, versions and traffic", Permission.MODEL_READ),
    TRY("Try it", "see it, and try it in the browser", Permission.MODEL_READ, Permission.MODEL_TRY),
    CALL(
            "Call it",
            "try it, and call it from programs",
            Permission.MODEL_READ,
            Permission.MODEL_TRY,
            Permission.MODEL_CALL),
    DOWNLOAD(
            "Download it",
            "see it, and take its files away",
            Permission.MODEL_READ,
            Permission.MODEL_DOWNLOAD),
    CHANGE(
            "Change it",
            "all of this, register versions and move aliases",
            Permission.MODEL_READ,
            Permission.MODEL_TRY,
            Permission.MODEL_CALL,
            Permission.MODEL_DOWNLOAD,
            Permission.MODEL_REGISTER,
            Permission.MODEL_ALIAS),
    FOLLOW("See it", "its runs, their metrics and files", Permission.EXPERIMENT_READ),
    RECORD(
            "Record in it",
            "see it, record runs and change it",
            Permission.EXPERIMENT_READ,
            Permission.EXPERIMENT_RECORD),
    CLONE("See it", "its code and history, and clone it", Permission.REPOSITORY_READ),
    PUSH(
            "Push to it",
            "see it, push to it and change its settings",
            Permission.REPOSITORY_READ,
            Permission.REPOSITORY_WRITE);

    private final String label;
    private final String means;
    private final Set<Permission> permissions;

    Use(String label, String means, Permission first, Permission... more) {
        this.label = label;
        this.means = means;
        this.permissions = EnumSet.of(first, more);
    }

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public String label() {
        return label;
    }

    public String means() {
        return means;
    }

    public Set<Permission> permissions() {
        return permissions;
    }

    /** What one can want of a thing of that kind. */
    static List<Use> of(Thing thing) {
        return Arrays.stream(values())
                .filter(use -> use.permissions.contains(thing.read()))
                .toList();
    }

    /**
     * @throws Invalid when there is none of that name for such a thing
     */
    static Use of(Thing thing, @Nullable String id) {
        return of(thing).stream()
                .filter(use -> use.id().equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new Invalid(
                                        "Say what for: %s."
                                                .formatted(
                                                        String.join(
                                                                ", ",
                                                                of(thing).stream()
                                                                        .map(Use::id)
                                                                        .toList())),
                                        List.of(new Invalid.Field("use", "is none of them"))));
    }

    /** What these permissions come to, in few words: {@code call it and download it}. */
    static String words(Set<Permission> permissions) {
        var whole =
                Arrays.stream(values())
                        .filter(use -> permissions.containsAll(use.permissions))
                        .toList();
        var largest =
                whole.stream()
                        .filter(
                                use ->
                                        whole.stream()
                                                .noneMatch(
                                                        other ->
                                                                other != use
                                                                        && other.permissions
                                                                                .containsAll(
                                                                                        use.permissions)))
                        .toList();
        var covered = EnumSet.noneOf(Permission.class);
        largest.forEach(use -> covered.addAll(use.permissions));
        var words =
                new ArrayList<>(
                        largest.stream().map(u -> u.label.toLowerCase(Locale.ROOT)).toList());
        permissions.stream()
                .filter(permission -> !covered.contains(permission))
                .map(Permission::words)
                .forEach(words::add);
        return words.size() < 2
                ? String.join("", words)
                : String.join(", ", words.subList(0, words.size() - 1)) + " and " + words.getLast();
    }
}
