package dev.atelier.githosts;

/** Software of a Git host; it decides how its API is spoken to. */
public enum HostKind {
    GITHUB("GitHub", "github.com"),
    GITLAB("GitLab", "gitlab.com"),
    GITEA("Gitea", "gitea.com");

    private final String label;
    private final String home;

    HostKind(String label, String home) {
        this.label = label;
        this.home = home;
    }

    /** As its makers write it. */
    public String label() {
        return label;
    }

    /** The host that its makers run. */
    String home() {
        return home;
    }

    /** Where the API is, unless the settings say so. */
    String api(String host, String url) {
        return switch (this) {
            case GITHUB -> host.equals(home) ? "https://api.github.com" : url + "/api/v3";
            case GITLAB -> url + "/api/v4";
            case GITEA -> url + "/api/v1";
        };
    }
}
