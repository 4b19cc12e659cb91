package dev.atelier.identity;

import java.util.Arrays;
import java.util.Optional;

/** What somebody is here for. The order is that of growing rights in the shipped matrix. */
public enum Role {
    VIEWER("viewer", "Viewer", "Reads the catalog and tries models"),
    DEVELOPER("developer", "Developer", "Calls models and holds tokens"),
    DATA_SCIENTIST("data-scientist", "Data scientist", "Registers models and shares them"),
    ML_ENGINEER("ml-engineer", "ML engineer", "Moves aliases and operates what is served"),
    PLATFORM_ADMIN("platform-admin", "Platform admin", "Runs the portal");

    private final String id;
    private final String label;
    private final String purpose;

    Role(String id, String label, String purpose) {
        this.id = id;
        this.label = label;
        this.purpose = purpose;
    }

    /** As stored, and as a provider's claim names it. */
    public String id() {
        return id;
    }

    public String label() {
        return label;
    }

    public String purpose() {
        return purpose;
    }

    public static Optional<Role> of(String id) {
        return Arrays.stream(values()).filter(role -> role.id.equals(id)).findFirst();
    }
}
