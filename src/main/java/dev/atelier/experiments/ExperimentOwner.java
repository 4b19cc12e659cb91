package dev.atelier.experiments;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.RequestScoped;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Says who will own what somebody makes: the team that they name, by the address that their client
 * uses or by a tag; else the one team that they are in; else themselves.
 */
@RequestScoped
public class ExperimentOwner {

    /** A reference such as {@code group:default/vision}, or the name of a team. */
    public static final String TAG = "atelier.owner";

    private static final Pattern REF = Pattern.compile("(group|user):[a-z0-9-]+/[a-z0-9._-]+");
    private static final Pattern TEAM = Pattern.compile("[A-Za-z0-9._-]{1,63}");

    private final Caller caller;

    ExperimentOwner(Caller caller) {
        this.caller = caller;
    }

    /**
     * @param team of the address; empty for none
     * @throws Invalid when a name is none
     */
    public String of(Optional<String> team, Map<String, String> tags) {
        var named = team.orElse(tags.getOrDefault(TAG, ""));
        if (!named.isBlank()) {
            return ref(named.strip());
        }
        var subject = caller.signedIn();
        return subject.teams().size() == 1 ? subject.teams().iterator().next() : subject.ref();
    }

    /** As {@link #of}, and refuses who may not make things for that owner. */
    public String allowed(
            Permission permission,
            String resource,
            Optional<String> team,
            Map<String, String> tags) {
        var owner = of(team, tags);
        caller.requireAsOwner(permission, resource, owner);
        return owner;
    }

    private static String ref(String named) {
        if (REF.matcher(named).matches()) {
            return named;
        }
        if (TEAM.matcher(named).matches()) {
            return "group:default/" + named.toLowerCase(java.util.Locale.ROOT);
        }
        throw new Invalid(
                "The owner '%s' is neither the name of a team nor a reference such as group:default/vision."
                        .formatted(named.length() > 100 ? named.substring(0, 100) : named));
    }
}
