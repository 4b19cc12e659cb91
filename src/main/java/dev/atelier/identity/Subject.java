package dev.atelier.identity;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who acts, as known when the request came: name, roles, teams.
 *
 * @param ref {@code user:default/ines}, {@code service:default/ci}
 * @param teams references of groups, say {@code group:default/vision}
 * @param scopes what the token in use may do; null when nothing narrows the account
 * @param session row of the browser session; null for a program
 */
public record Subject(
        String ref,
        String name,
        String displayName,
        boolean person,
        List<Held> roles,
        Set<String> teams,
        @Nullable Set<Permission> scopes,
        @Nullable Long session) {

    /**
     * A role somebody holds.
     *
     * @param team group it is limited to; null means everywhere
     * @param through the holder it came by: the person, a group or {@code everyone}
     */
    public record Held(Role role, @Nullable String team, String through) {}

    public static final String EVERYONE = "everyone";

    /**
     * An account as it is now; no session, all its scopes.
     *
     * @param assigned roles by the holder they were given to
     */
    static Subject of(Account account, Set<String> teams, Map<String, List<Held>> assigned) {
        return new Subject(
                account.ref(),
                account.name(),
                account.displayName(),
                account.person(),
                holders(account.ref(), teams).stream()
                        .flatMap(holder -> assigned.getOrDefault(holder, List.of()).stream())
                        .toList(),
                Set.copyOf(teams),
                null,
                null);
    }

    /** The same one, as a token or session shows them. */
    Subject with(@Nullable Set<Permission> scopes, @Nullable Long session) {
        return new Subject(ref, name, displayName, person, roles, teams, scopes, session);
    }

    /** All references that roles and grants may be given to and that mean this one too. */
    public List<String> holders() {
        return holders(ref, teams);
    }

    private static List<String> holders(String ref, Set<String> teams) {
        var holders = new ArrayList<String>(teams.size() + 2);
        holders.add(ref);
        holders.addAll(teams);
        holders.add(EVERYONE);
        return holders;
    }

    /** Whether a thing of this owner is theirs: their own or that of one of their teams. */
    public boolean owns(@Nullable String owner) {
        return owner != null && (owner.equals(ref) || teams.contains(owner));
    }

    public boolean holds(Role role) {
        return roles.stream().anyMatch(held -> held.role() == role && held.team() == null);
    }

    /** Two letters for the round picture. */
    public String initials() {
        var words = displayName.strip().split("[\\s._-]+");
        var first = words[0].codePoints().findFirst().orElse('?');
        var text = new StringBuilder().appendCodePoint(Character.toUpperCase(first));
        if (words.length > 1) {
            words[words.length - 1]
                    .codePoints()
                    .findFirst()
                    .ifPresent(c -> text.appendCodePoint(Character.toUpperCase(c)));
        }
        return text.toString();
    }
}
