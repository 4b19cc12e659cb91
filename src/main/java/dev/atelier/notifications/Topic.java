package dev.atelier.notifications;

import java.util.Arrays;
import java.util.Optional;

/** A kind of news. People choose for each whether and where they hear of it. */
public enum Topic {
    ACCESS("access", "Access", "Somebody asks for access to what you own, or answers your request"),
    VERSION("version", "Model versions", "A version is ready, or its files were refused"),
    ALIAS("alias", "Aliases", "An alias of a model names another version"),
    PROMOTION(
            "promotion",
            "Promotions",
            "Somebody asks you to approve a promotion, or answers yours"),
    TASK("task", "Golden paths", "A task that you started has ended, or waits for somebody"),
    INCIDENT(
            "incident",
            "Incidents",
            "A model is asked or answers other things than its reference has, or that is over"),
    TOKEN("token", "Access tokens", "One of your tokens ends soon"),
    ROLE("role", "Roles", "A role was given to you or your team, or taken away"),
    LOCATION("location", "Catalog locations", "A location that you registered has an error");

    private final String id;
    private final String label;
    private final String sentence;

    Topic(String id, String label, String sentence) {
        this.id = id;
        this.label = label;
        this.sentence = sentence;
    }

    /** As stored and in addresses. */
    public String id() {
        return id;
    }

    public String label() {
        return label;
    }

    public String sentence() {
        return sentence;
    }

    public static Optional<Topic> of(String id) {
        return Arrays.stream(values()).filter(topic -> topic.id.equals(id)).findFirst();
    }
}
