package dev.atelier.identity;

/** What one account may do only so often, since it costs others something. */
public enum Limit {
    UPLOADS("uploads", "registered versions", true),
    TRIALS("trials", "tried models", true),
    /** Counted by each replica for itself: a call must not wait for the database. */
    CALLS("calls", "called models", false),
    LOCATIONS("locations", "registered or looked at locations", true),
    REFRESHES("refreshes", "had the catalog read again", true),
    REQUESTS("requests", "asked for access", true),
    TOKENS("tokens", "made tokens or one-time links", true);

    private final String id;
    private final String words;
    private final boolean shared;

    Limit(String id, String words, boolean shared) {
        this.id = id;
        this.words = words;
        this.shared = shared;
    }

    /** As configured: {@code atelier.limits.<id>}. */
    String id() {
        return id;
    }

    /** What was done, after "You". */
    String words() {
        return words;
    }

    /** Whether all replicas count together. */
    boolean shared() {
        return shared;
    }
}
