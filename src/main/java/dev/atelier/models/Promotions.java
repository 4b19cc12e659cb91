package dev.atelier.models;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Moves aliases through the gates of the team that owns the model, and back. Whether a guarded
 * alias may move is decided here alone, in the transaction that moves it and holds the model's row.
 */
@ApplicationScoped
public class Promotions {

    private static final int LONGEST = 1_000;

    /** What became of a wish to promote. */
    public enum Result {
        PROMOTED,
        /** It named the version already. */
        UNCHANGED,
        WAITING,
        REFUSED
    }

    public record Outcome(Result result, Standing standing) {}

    private final Models models;
    private final Aliases aliases;
    private final Versions versions;
    private final Standings standings;
    private final PromotionRequests requests;
    private final PromotionNews news;
    private final Caller caller;
    private final Audit audit;

    Promotions(
            Models models,
            Aliases aliases,
            Versions versions,
            Standings standings,
            PromotionRequests requests,
            PromotionNews news,
            Caller caller,
            Audit audit) {
        this.models = models;
        this.aliases = aliases;
        this.versions = versions;
        this.standings = standings;
        this.requests = requests;
        this.news = news;
        this.caller = caller;
        this.audit = audit;
    }

    /** The page where a version is promoted to an alias. */
    public static String address(String model, int version, String alias) {
        return "/models/%s/versions/%d/promotion?alias=%s".formatted(model, version, alias);
    }

    /**
     * How a version stands now, without changing anything.
     *
     * @throws NotFound when the model has no such version
     */
    public Standing look(String model, String numberOrAlias, String alias) {
        Aliases.check(alias);
        var found = models.get(model);
        var version = versions.find(found, numberOrAlias);
        return standings.of(found, version, alias);
    }

    /**
     * Lets an alias name a version if all gates let it; asks for approval when only that is
     * missing.
     *
     * @param expected see {@link Models#move}
     * @param note for whoever approves
     * @param override why an administrator goes past the gates; null for everybody else
     */
    public Outcome promote(
            String model,
            String numberOrAlias,
            String alias,
            @Nullable Integer expected,
            @Nullable String note,
            @Nullable String override) {
        Aliases.check(alias);
        var text = text(note, "note");
        var reason = text(override, "override");
        if (override != null && reason == null) {
            throw new Invalid(
                    "Say why the gates do not count this time: it stays in the audit log.",
                    List.of(new Invalid.Field("override", "is empty")));
        }
        var name = models.get(model).name();
        var number = versions.ready(name, numberOrAlias).number();
        var outcome =
                aliases.alone(
                        name, () -> inTransaction(name, number, alias, expected, text, reason));
        return outcome;
    }

    private Outcome inTransaction(
            String name,
            int number,
            String alias,
            @Nullable Integer expected,
            @Nullable String note,
            @Nullable String override) {
        var model = models.get(name);
        var standing = standings.of(model, versions.find(model, Integer.toString(number)), alias);
        if (standing.holds()) {
            return new Outcome(Result.UNCHANGED, standing);
        }
        int now = standing.holder() == null ? 0 : standing.holder();
        if (expected != null && expected != now) {
            throw new Conflict(
                    now == 0
                            ? "The alias \"%s\" does not exist.".formatted(alias)
                            : "The alias \"%s\" names version %d now. Look again, then decide."
                                    .formatted(alias, now));
        }
        var actor = caller.entityRef();
        if (override != null) {
            caller.require(Permission.ACCESS_MANAGE, null);
            var how = new Aliases.How(Aliases.Manner.OVERRIDE, override, null);
            move(
                    standing,
                    actor,
                    how,
                    "model-alias.override",
                    Map.of("reason", override, "open", open(standing)));
            return new Outcome(Result.PROMOTED, standing);
        }
        if (standing.failed()) {
            return new Outcome(Result.REFUSED, standing);
        }
        if (standing.waits()) {
            return new Outcome(
                    Result.WAITING,
                    standing.request() == null ? ask(model, standing, note) : standing);
        }
        move(
                standing,
                actor,
                new Aliases.How(Aliases.Manner.PROMOTION, note, null),
                "model-alias.promote",
                note == null ? Map.of() : Map.of("note", note));
        return new Outcome(Result.PROMOTED, standing);
    }

    /** Gates that were not passed, by their names. */
    private static List<String> open(Standing standing) {
        return standing.gates().stream()
                .filter(gate -> gate.state() != Gate.State.PASSED)
                .map(Gate::id)
                .toList();
    }

    private void move(
            Standing standing, String actor, Aliases.How how, String action, Map<String, ?> more) {
        var version = standing.version();
        aliases.moveInTransaction(
                version.model(), standing.alias(), null, version.number(), actor, how);
        requests.settle(version, standing.alias());
        record(action, standing, more);
    }

    private void record(String action, Standing standing, Map<String, ?> more) {
        var detail = new LinkedHashMap<String, Object>();
        detail.put("alias", standing.alias());
        detail.put("version", standing.version().number());
        if (standing.holder() != null) {
            detail.put("from", standing.holder());
        }
        detail.putAll(more);
        audit.record(action, "model:default/" + standing.version().model(), detail);
    }

    private Standing ask(Model model, Standing standing, @Nullable String note) {
        requests.add(
                model.name(),
                standing.version().number(),
                standing.alias(),
                caller.entityRef(),
                note);
        record("promotion.ask", standing, note == null ? Map.of() : Map.of("note", note));
        news.asked(
                caller.entityRef(),
                standing.version(),
                standing.alias(),
                "%s asks to promote version %d of %s to %s"
                        .formatted(
                                caller.signedIn().displayName(),
                                standing.version().number(),
                                model.name(),
                                standing.alias()));
        return standings.of(model, standing.version(), standing.alias());
    }

    /**
     * Turns the wish of a registration for a guarded alias into a request: what the version must
     * show is looked at when somebody promotes it.
     */
    @Transactional(Transactional.TxType.MANDATORY)
    void wish(String model, int number, String alias, String asker) {
        if (requests.add(model, number, alias, asker, "Asked for when it was registered")) {
            audit.recordBySystem(
                    "promotion.ask",
                    "model:default/" + model,
                    Map.of("alias", alias, "version", number, "for", asker));
            news.wished(asker, model, number, alias);
        }
    }

    /**
     * Approves a request and moves the alias, if the other gates still let it.
     *
     * @throws Conflict when it is not open any more, or a gate has closed since
     */
    public PromotionRequest approve(String model, long id, @Nullable String note) {
        var text = text(note, "note");
        var name = models.get(model).name();
        var done =
                aliases.alone(
                        name,
                        () -> {
                            var request = requests.decidable(name, id);
                            var found = models.get(name);
                            var standing =
                                    standings.of(
                                            found,
                                            versions.find(
                                                    found, Integer.toString(request.version())),
                                            request.alias());
                            if (standing.failed()) {
                                throw new Conflict(
                                        "It cannot be approved now: "
                                                + standing.gates().stream()
                                                        .filter(g -> g.state() == Gate.State.FAILED)
                                                        .map(g -> g.name() + ": " + g.why())
                                                        .findFirst()
                                                        .orElseThrow());
                            }
                            requests.close(request, PromotionRequest.State.APPROVED, text);
                            if (!standing.holds()) {
                                move(
                                        standing,
                                        request.asker(),
                                        new Aliases.How(
                                                Aliases.Manner.PROMOTION,
                                                text == null ? request.note() : text,
                                                caller.entityRef()),
                                        "promotion.approve",
                                        Map.of("request", id, "asker", request.asker()));
                            }
                            news.answered(caller.entityRef(), request, "was approved");
                            return requests.get(name, id);
                        });
        return done;
    }

    /**
     * Says no.
     *
     * @param reason whoever asked reads it
     */
    public PromotionRequest decline(String model, long id, @Nullable String reason) {
        var text = text(reason, "reason");
        if (text == null) {
            throw new Invalid(
                    "Say why not: whoever asked reads it.",
                    List.of(new Invalid.Field("reason", "is missing")));
        }
        var name = models.get(model).name();
        return aliases.alone(
                name,
                () -> {
                    var request = requests.decidable(name, id);
                    requests.close(request, PromotionRequest.State.DECLINED, text);
                    audit.record(
                            "promotion.decline",
                            request.ref(),
                            Map.of(
                                    "request",
                                    id,
                                    "alias",
                                    request.alias(),
                                    "version",
                                    request.version(),
                                    "asker",
                                    request.asker(),
                                    "reason",
                                    text));
                    news.answered(caller.entityRef(), request, "was declined: " + text);
                    return requests.get(name, id);
                });
    }

    /** Takes back one's own request. */
    public PromotionRequest withdraw(String model, long id) {
        var name = models.get(model).name();
        return aliases.alone(
                name,
                () -> {
                    var request = requests.get(name, id);
                    if (!request.asker().equals(caller.entityRef())) {
                        throw new Denied("Only whoever asked takes a request back.");
                    }
                    requests.close(request, PromotionRequest.State.WITHDRAWN, null);
                    audit.record(
                            "promotion.withdraw",
                            request.ref(),
                            Map.of(
                                    "request",
                                    id,
                                    "alias",
                                    request.alias(),
                                    "version",
                                    request.version()));
                    return requests.get(name, id);
                });
    }

    /**
     * Lets an alias name what it named before, whatever the gates say.
     *
     * @param expected the version it must name now; null when that does not matter
     * @return the version it names now
     * @throws Conflict when it named none before
     */
    public int rollback(
            String model, String alias, @Nullable Integer expected, @Nullable String reason) {
        Aliases.check(alias);
        var text = text(reason, "reason");
        var name = models.get(model).name();
        var number =
                aliases.alone(
                        name,
                        () -> {
                            var now = models.get(name).aliases().get(alias);
                            if (now == null) {
                                throw new NotFound("There is no alias \"" + alias + "\".");
                            }
                            var former = aliases.former(name).get(alias);
                            if (former == null) {
                                throw new Conflict(
                                        "The alias \"%s\" named no version before %d, so there is nothing to go back to."
                                                .formatted(alias, now));
                            }
                            aliases.moveInTransaction(
                                    name,
                                    alias,
                                    expected,
                                    former,
                                    caller.entityRef(),
                                    new Aliases.How(Aliases.Manner.ROLLBACK, text, null));
                            var detail = new LinkedHashMap<String, Object>();
                            detail.put("alias", alias);
                            detail.put("from", now);
                            detail.put("version", former);
                            if (text != null) {
                                detail.put("reason", text);
                            }
                            audit.record("model-alias.rollback", "model:default/" + name, detail);
                            return former;
                        });
        return number;
    }

    /**
     * Takes a guarded alias away, past the gates.
     *
     * @param reason why; only an administrator may
     */
    public void takeAway(String model, String alias, @Nullable Integer expected, String reason) {
        var text = text(reason, "override");
        if (text == null) {
            throw new Invalid(
                    "Say why the gates do not count this time: it stays in the audit log.",
                    List.of(new Invalid.Field("override", "is empty")));
        }
        var name = models.get(model).name();
        var unused =
                aliases.alone(
                        name,
                        () -> {
                            caller.require(Permission.ACCESS_MANAGE, null);
                            aliases.moveInTransaction(
                                    name,
                                    alias,
                                    expected,
                                    null,
                                    caller.entityRef(),
                                    new Aliases.How(Aliases.Manner.OVERRIDE, text, null));
                            audit.record(
                                    "model-alias.override",
                                    "model:default/" + name,
                                    Map.of("alias", alias, "reason", text));
                            return true;
                        });
    }

    private static @Nullable String text(@Nullable String text, String field) {
        if (text == null || text.isBlank()) {
            return null;
        }
        var clean = text.strip();
        if (clean.length() > LONGEST || clean.indexOf('\0') >= 0) {
            throw new Invalid(
                    "A reason or note has at most 1,000 characters.",
                    List.of(new Invalid.Field(field, "is too long")));
        }
        return clean;
    }
}
