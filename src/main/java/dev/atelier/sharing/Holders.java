package dev.atelier.sharing;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Subject;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads whom somebody means who types a name to share something with. */
@ApplicationScoped
class Holders {

    private static final Set<String> KINDS = Set.of("user", "group", "service");

    private final Accounts accounts;
    private final Entities entities;

    Holders(Accounts accounts, Entities entities) {
        this.accounts = accounts;
        this.entities = entities;
    }

    /**
     * @param text a reference, or the bare name of a person, program or team; {@code everyone}
     * @return the reference
     * @throws Invalid when nobody is called that
     */
    String named(String text) {
        var name = text.strip().toLowerCase(Locale.ROOT);
        if (name.equals(Subject.EVERYONE)) {
            return name;
        }
        if (!name.isEmpty() && !name.contains(":")) {
            var account = accounts.find(name);
            if (account.isPresent()) {
                return account.get().ref();
            }
            var group = new EntityRef("group", EntityRef.DEFAULT_NAMESPACE, name);
            if (known(group)) {
                return group.toString();
            }
        } else if (!name.isEmpty()) {
            try {
                var ref = EntityRef.parse(name);
                if (KINDS.contains(ref.kind()) && known(ref)) {
                    return ref.toString();
                }
            } catch (IllegalArgumentException _) {
                // Told below.
            }
        }
        throw new Invalid(
                "Nobody here is called \"%s\". Give the name of a person, program or team, or a reference such as group:default/vision."
                        .formatted(text.strip()),
                List.of(new Invalid.Field("holder", "is not known")));
    }

    private boolean known(EntityRef ref) {
        return switch (ref.kind()) {
            case "group" ->
                    entities.find(ref).isPresent() || accounts.teamHasMembers(ref.toString());
            case "user" -> entities.find(ref).isPresent() || account(ref);
            default -> account(ref);
        };
    }

    private boolean account(EntityRef ref) {
        return accounts.find(ref.name())
                .filter(account -> account.ref().equals(ref.toString()))
                .isPresent();
    }
}
