package dev.atelier.identity;

import java.util.Arrays;
import java.util.Optional;

/** One thing that somebody may or may not do. Which roles may is data, see {@link Roles}. */
public enum Permission {
    CATALOG_READ("catalog:read", "read the catalog", false),
    CATALOG_REFRESH("catalog:refresh", "have the catalog read again", false),
    CATALOG_REGISTER("catalog:register", "register catalog locations", false),
    CATALOG_REMOVE("catalog:remove", "remove locations and entities", false),
    MODEL_READ("model:read", "see a model's card, versions and traffic", true),
    MODEL_TRY("model:try", "try a model", true),
    MODEL_CALL("model:call", "call a model from programs", true),
    MODEL_DOWNLOAD("model:download", "download a model's files", true),
    MODEL_REGISTER("model:register", "register model versions", true),
    MODEL_ALIAS("model:alias", "move a model's aliases", true),
    MODEL_SHARE("model:share", "decide who may use a model or repository", true),
    MONITORING_RECORD("monitoring:record", "send what a model was asked and answered", true),
    INCIDENT_HANDLE("incident:handle", "handle a model's incidents and rules", true),
    EXPERIMENT_READ("experiment:read", "see an experiment and its runs", true),
    EXPERIMENT_RECORD("experiment:record", "record runs and change experiments", true),
    EXPERIMENT_SHARE("experiment:share", "decide who may use an experiment", true),
    REPOSITORY_READ("repository:read", "see and clone a repository", true),
    REPOSITORY_WRITE("repository:write", "push to a repository", true),
    REPOSITORY_CREATE("repository:create", "make repositories", true),
    REPOSITORY_DELETE("repository:delete", "delete a repository", true),
    TEMPLATE_RUN("template:run", "run golden paths", true),
    TASK_APPROVE("task:approve", "approve what golden paths ask for", false),
    SERVING_OPERATE("serving:operate", "load and unload models", true),
    TOKEN_HOLD("token:hold", "hold access tokens", false),
    OPERATIONS_READ("operations:read", "see how the portal runs", false),
    CONNECTION_MANAGE(
            "connection:manage", "manage what the portal is known by in other systems", false),
    AUDIT_READ("audit:read", "read the audit log", false),
    ACCESS_MANAGE("access:manage", "manage accounts, roles and permissions", false);

    private final String id;
    private final String words;
    private final boolean onResource;

    Permission(String id, String words, boolean onResource) {
        this.id = id;
        this.words = words;
        this.onResource = onResource;
    }

    /** As stored, and as the scope of a token. */
    public String id() {
        return id;
    }

    /** What it allows, after "may". */
    public String words() {
        return words;
    }

    /** Whether it is asked about one thing that has an owner. */
    public boolean onResource() {
        return onResource;
    }

    /** What one must be allowed to see a thing, by the kind in its reference. */
    static Permission toRead(String ref) {
        if (ref.startsWith("repository:")) {
            return REPOSITORY_READ;
        }
        if (ref.startsWith("template:")) {
            return TEMPLATE_RUN;
        }
        return ref.startsWith("experiment:") ? EXPERIMENT_READ : MODEL_READ;
    }

    /** What one must be allowed to decide who may use a thing, by the kind in its reference. */
    public static Permission toShare(String ref) {
        return ref.startsWith("experiment:") ? EXPERIMENT_SHARE : MODEL_SHARE;
    }

    public static Optional<Permission> of(String id) {
        return Arrays.stream(values()).filter(permission -> permission.id.equals(id)).findFirst();
    }
}
