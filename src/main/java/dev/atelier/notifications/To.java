package dev.atelier.notifications;

/**
 * Whom news is for, and why they get it. Somebody who is meant several ways gets it once, for the
 * first of the reasons.
 *
 * @param ref {@code user:default/ines}, or {@code group:default/vision} for each of its members who
 *     has an account; others reach nobody
 * @param reason as it follows "because", say {@code you own it}
 */
public record To(String ref, String reason) {

    /** Stands for everybody who starred what the news is about. */
    static final String STARRED = "*";

    /** The owner of the thing, a user or a group. */
    public static To owner(String ref) {
        return new To(ref, ref.startsWith("group:") ? "your team owns it" : "you own it");
    }

    /** Whoever asked for what the news answers. */
    public static To asker(String ref) {
        return new To(ref, "you asked");
    }

    /** Everybody who starred what the news is about. */
    public static To starred() {
        return new To(STARRED, "you starred it");
    }
}
