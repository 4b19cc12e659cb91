package dev.atelier.sharing;

import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What can be shared, by the kind in its reference. */
enum Thing {
    MODEL(
            "Model",
            Pattern.compile("model:default/[a-z0-9]+([-_.][a-z0-9]+)*"),
            Permission.MODEL_READ,
            List.of(
                    new Column(Permission.MODEL_READ, "See"),
                    new Column(Permission.MODEL_TRY, "Try"),
                    new Column(Permission.MODEL_CALL, "Call"),
                    new Column(Permission.MODEL_DOWNLOAD, "Download"),
                    new Column(Permission.MODEL_REGISTER, "Register"),
                    new Column(Permission.MODEL_ALIAS, "Promote"),
                    new Column(Permission.SERVING_OPERATE, "Operate"),
                    new Column(Permission.MODEL_SHARE, "Share"))),
    EXPERIMENT(
            "Experiment",
            Pattern.compile("experiment:default/[1-9][0-9]{0,17}"),
            Permission.EXPERIMENT_READ,
            List.of(
                    new Column(Permission.EXPERIMENT_READ, "See"),
                    new Column(Permission.EXPERIMENT_RECORD, "Record"),
                    new Column(Permission.EXPERIMENT_SHARE, "Share"))),
    REPOSITORY(
            "Repository",
            Pattern.compile("repository:default/~?[a-z0-9._-]{1,100}/[a-z0-9_][a-z0-9._-]{0,99}"),
            Permission.REPOSITORY_READ,
            List.of(
                    new Column(Permission.REPOSITORY_READ, "See"),
                    new Column(Permission.REPOSITORY_WRITE, "Push"),
                    new Column(Permission.REPOSITORY_DELETE, "Delete"),
                    new Column(Permission.MODEL_SHARE, "Share")));

    /** A column of the table of who may what: a permission on the thing. */
    record Column(Permission permission, String title) {}

    private final String label;
    private final Pattern ref;
    private final Permission read;
    private final List<Column> columns;

    Thing(String label, Pattern ref, Permission read, List<Column> columns) {
        this.label = label;
        this.ref = ref;
        this.read = read;
        this.columns = columns;
    }

    /** Of a reference; what names no kind is a model. */
    static Thing of(String ref) {
        if (ref.startsWith("repository:")) {
            return REPOSITORY;
        }
        return ref.startsWith("experiment:") ? EXPERIMENT : MODEL;
    }

    /** The reference of what somebody named: that itself, or the name of a model. */
    static String ref(@Nullable String on) {
        var text = on == null ? "" : on.strip().toLowerCase(Locale.ROOT);
        return text.startsWith("model:") || of(text) != MODEL ? text : Resource.model(text);
    }

    /** What it means that a thing of this kind is shown to those. */
    String sentence(Resource.Visibility visibility) {
        if (this == MODEL || visibility == Resource.Visibility.RESTRICTED) {
            return visibility.sentence();
        }
        var parts = this == EXPERIMENT ? "runs, metrics and files" : "code";
        return visibility == Resource.Visibility.COMPANY
                ? "Everyone with the role sees its %s.".formatted(parts)
                : ("Everyone may know that it is there; only its owner and those who were granted"
                                + " access see its %s.")
                        .formatted(parts);
    }

    public String label() {
        return label;
    }

    Permission read() {
        return read;
    }

    List<Column> columns() {
        return columns;
    }

    /** Whether it is asked about such a thing at all. */
    boolean concerns(Permission asked) {
        return columns.stream().anyMatch(column -> column.permission == asked);
    }

    boolean fits(String text) {
        return text.length() <= (this == REPOSITORY ? 220 : 100) && ref.matcher(text).matches();
    }

    /** As sentences name it: {@code churn}, {@code experiment 7}, {@code vision/churn}. */
    String name(String reference) {
        var name = reference.substring(reference.indexOf('/') + 1);
        return this == EXPERIMENT ? "experiment " + name : name;
    }

    /** Of its page. */
    String address(String reference) {
        return switch (this) {
                    case MODEL -> "/models/";
                    case EXPERIMENT -> "/experiments/";
                    case REPOSITORY -> "/repositories/";
                }
                + reference.substring(reference.indexOf('/') + 1);
    }

    /** As a form names it, so that {@link #ref} finds it again. */
    String typed(String reference) {
        return this == MODEL ? reference.substring(reference.indexOf('/') + 1) : reference;
    }
}
