package dev.atelier.models;

import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Directory;
import dev.atelier.identity.Memberships;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Presence;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Role;
import dev.atelier.identity.Roles;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Moves aliases through the gates of the team that owns the model, and back. Whether a guarded
 * alias may move is decided here alone, in the transaction that moves it and holds the model's row.
 */
@ApplicationScoped
public class Promotions {

    private static final int LONGEST = 1_000;
    private static final int SHOWN = 100;
    private static final int MOST_TOLD = 200;

    /** Where a request stands. */
    public enum State {
        OPEN("wait", "Waits"),
        APPROVED("ok", "Approved"),
        DECLINED("fail", "Declined"),
        WITHDRAWN("off", "Withdrawn"),
        /** The alias came to name the version in another way. */
        SETTLED("ok", "Done");

        private final String mark;
        private final String label;

        State(String mark, String label) {
            this.mark = mark;
            this.label = label;
        }

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public String mark() {
            return mark;
        }

        public String label() {
            return label;
        }
    }

    /**
     * A promotion that waits, or waited, for somebody's word.
     *
     * @param registrant who registered the version
     * @param answer what the one who decided wrote
     */
    public record Request(
            long id,
            String model,
            int version,
            String alias,
            String asker,
            String registrant,
            @Nullable String note,
            State state,
            Instant askedAt,
            @Nullable Instant decidedAt,
            @Nullable String decidedBy,
            @Nullable String answer) {

        public boolean open() {
            return state == State.OPEN;
        }

        public String address() {
            return Promotions.address(model, version, alias);
        }

        String ref() {
            return EntityRef.of("model", model).toString();
        }
    }

    /**
     * How a version stands before an alias.
     *
     * @param holder the version that the alias names now; null when it names none
     * @param request the one that waits; null when there is none
     */
    public record Standing(
            ModelVersion version,
            String alias,
            @Nullable Integer holder,
            GateSets.GateSet set,
            List<Gate> gates,
            @Nullable Request request) {

        public boolean holds() {
            return holder != null && holder == version.number();
        }

        public boolean guarded() {
            return set.guards(alias);
        }

        public boolean failed() {
            return gates.stream().anyMatch(gate -> gate.state() == Gate.State.FAILED);
        }

        /** Whether only another person's word is missing. */
        public boolean waits() {
            return !failed() && gates.stream().anyMatch(gate -> gate.state() == Gate.State.WAITING);
        }

        public long passed() {
            return gates.stream().filter(gate -> gate.state() == Gate.State.PASSED).count();
        }
    }

    /** What became of a wish to promote. */
    public enum Result {
        PROMOTED,
        /** It named the version already. */
        UNCHANGED,
        WAITING,
        REFUSED
    }

    public record Outcome(Result result, Standing standing) {}

    private static final String SELECT =
            """
            select r.id, r.model, r.number, r.alias, r.asker, v.created_by, r.note, r.state,
                   r.asked_at, r.decided_at, r.decided_by, r.answer
            from promotion_request r
            join model_version v on v.model = r.model and v.number = r.number
            """;

    private final Sql sql;
    private final Models models;
    private final Versions versions;
    private final Cards cards;
    private final Measures measures;
    private final GateSets sets;
    private final Caller caller;
    private final Access access;
    private final Roles roles;
    private final Memberships memberships;
    private final Directory directory;
    private final Presence presence;
    private final Notifications notifications;
    private final Audit audit;

    Promotions(
            Sql sql,
            Models models,
            Versions versions,
            Cards cards,
            Measures measures,
            GateSets sets,
            Caller caller,
            Access access,
            Roles roles,
            Memberships memberships,
            Directory directory,
            Presence presence,
            Notifications notifications,
            Audit audit) {
        this.sql = sql;
        this.models = models;
        this.versions = versions;
        this.cards = cards;
        this.measures = measures;
        this.sets = sets;
        this.caller = caller;
        this.access = access;
        this.roles = roles;
        this.memberships = memberships;
        this.directory = directory;
        this.presence = presence;
        this.notifications = notifications;
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
        Models.checkAlias(alias);
        var found = models.get(model);
        var version = versions.find(found, numberOrAlias);
        return standing(found, version, alias);
    }

    private Standing standing(Model model, ModelVersion version, String alias) {
        var set = sets.of(model.name());
        var holder = model.aliases().get(alias);
        var request =
                sql.first(
                                SELECT
                                        + """
                                        where r.model = ? and r.number = ? and r.alias = ?
                                          and r.state = 'open'
                                        """,
                                Promotions::read,
                                model.name(),
                                version.number(),
                                alias)
                        .orElse(null);
        return new Standing(
                version,
                alias,
                holder,
                set,
                gates(model, version, holder, set, alias, request),
                request);
    }

    private List<Gate> gates(
            Model model,
            ModelVersion version,
            @Nullable Integer holder,
            GateSets.GateSet set,
            String alias,
            @Nullable Request request) {
        var gates = new ArrayList<Gate>();
        gates.add(
                version.ready()
                        ? Gate.passed(
                                "ready",
                                "Ready",
                                "The scan is over and found nothing that refuses it.")
                        : Gate.failed(
                                "ready",
                                "Ready",
                                version.reason() == null
                                        ? "It is still being scanned."
                                        : version.reason(),
                                version.reason() == null
                                        ? "Wait for the scan."
                                        : "Mend the files and register a new version."));
        if (!set.guards(alias)) {
            return gates;
        }
        var rival =
                holder == null || holder == version.number()
                        ? null
                        : candidate(model, versions.find(model, holder.toString()));
        gates.addAll(Gate.of(set.rules(), candidate(model, version), rival));
        if (set.rules().approval()) {
            gates.add(approval(request));
        }
        return gates;
    }

    private static Gate approval(@Nullable Request request) {
        return new Gate(
                "approval",
                "Approved by another person",
                Gate.State.WAITING,
                request == null
                        ? "Nobody was asked yet."
                        : "Waits for somebody who may move aliases of this model.",
                "It cannot be whoever asks, whoever registered the version, or a program.");
    }

    private Gate.Candidate candidate(Model model, ModelVersion version) {
        var card = cards.of(version).map(Cards.Rendered::card).orElse(null);
        var license =
                version.license() != null
                        ? version.license()
                        : card != null && card.license() != null ? card.license() : model.license();
        return new Gate.Candidate(version, card, license, measures.of(version).figures());
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
        Models.checkAlias(alias);
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
                models.alone(
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
        var standing = standing(model, versions.find(model, Integer.toString(number)), alias);
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
            var how = new Models.How(Models.Manner.OVERRIDE, override, null);
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
                new Models.How(Models.Manner.PROMOTION, note, null),
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
            Standing standing, String actor, Models.How how, String action, Map<String, ?> more) {
        var version = standing.version();
        models.moveInTransaction(
                version.model(), standing.alias(), null, version.number(), actor, how);
        sql.update(
                """
                update promotion_request set state = 'settled', decided_at = clock_timestamp()
                where model = ? and number = ? and alias = ? and state = 'open'
                """,
                version.model(),
                version.number(),
                standing.alias());
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
        insert(
                model.name(),
                standing.version().number(),
                standing.alias(),
                caller.entityRef(),
                note);
        record("promotion.ask", standing, note == null ? Map.of() : Map.of("note", note));
        tellDeciders(
                caller.entityRef(),
                standing.version(),
                standing.alias(),
                "%s asks to promote version %d of %s to %s"
                        .formatted(
                                caller.signedIn().displayName(),
                                standing.version().number(),
                                model.name(),
                                standing.alias()));
        return standing(model, standing.version(), standing.alias());
    }

    private int insert(
            String model, int number, String alias, String asker, @Nullable String note) {
        return sql.update(
                """
                insert into promotion_request (model, number, alias, asker, note)
                values (?, ?, ?, ?, ?)
                on conflict (model, number, alias) where state = 'open' do nothing
                """,
                model,
                number,
                alias,
                asker,
                note);
    }

    /**
     * Turns the wish of a registration for a guarded alias into a request: what the version must
     * show is looked at when somebody promotes it.
     */
    @Transactional(Transactional.TxType.MANDATORY)
    void wish(String model, int number, String alias, String asker) {
        if (insert(model, number, alias, asker, "Asked for when it was registered") == 1) {
            audit.recordBySystem(
                    "promotion.ask",
                    "model:default/" + model,
                    Map.of("alias", alias, "version", number, "for", asker));
            tell(
                    asker,
                    model,
                    "Version %d of %s waits for its promotion to %s"
                            .formatted(number, model, alias),
                    address(model, number, alias),
                    deciders(model, Set.of(asker)));
        }
    }

    private void tellDeciders(String actor, ModelVersion version, String alias, String sentence) {
        tell(
                actor,
                version.model(),
                sentence,
                address(version.model(), version.number(), alias),
                deciders(version.model(), Set.of(actor, version.createdBy())));
    }

    private void tell(String actor, String model, String sentence, String address, List<To> whom) {
        notifications.postBy(
                actor,
                new News(
                        Topic.PROMOTION,
                        sentence,
                        EntityRef.of("model", model).toString(),
                        address),
                whom.toArray(To[]::new));
    }

    /**
     * People of the owner who may approve; whoever runs the portal where there are none.
     *
     * @param not references of those who may not approve this one
     */
    private List<To> deciders(String model, Set<String> not) {
        var resource = access.resource(Resource.model(model));
        var owner = resource.owner();
        var people = new LinkedHashSet<String>();
        if (owner != null && owner.startsWith("user:")) {
            people.add(owner);
        } else if (owner != null) {
            directory.members(owner).forEach(name -> people.add("user:default/" + name));
            people.addAll(memberships.membersOf(List.of(owner)).getOrDefault(owner, Set.of()));
        }
        var may =
                people.stream()
                        .filter(ref -> !not.contains(ref))
                        .limit(MOST_TOLD)
                        .filter(
                                ref ->
                                        presence.subject(ref.substring(ref.indexOf('/') + 1))
                                                .filter(
                                                        one ->
                                                                access.decide(
                                                                                one,
                                                                                Permission
                                                                                        .MODEL_ALIAS,
                                                                                resource)
                                                                        .allowed())
                                                .isPresent())
                        .map(ref -> new To(ref, "you may approve it"))
                        .toList();
        return may.isEmpty()
                ? roles.all().stream()
                        .filter(held -> held.role() == Role.PLATFORM_ADMIN && held.team() == null)
                        .map(held -> new To(held.holder(), "nobody of its team may approve it"))
                        .toList()
                : may;
    }

    /** Why the caller may not approve or decline a request, or null when they may. */
    public @Nullable String whyNotDecide(Request request) {
        var who = caller.signedIn();
        if (!who.person()) {
            return "Only people approve; this is a program's account.";
        }
        if (who.ref().equals(request.asker)) {
            return "You asked for it, so another person decides.";
        }
        if (who.ref().equals(request.registrant)) {
            return "You registered this version, so another person decides.";
        }
        return caller.may(Permission.MODEL_ALIAS, request.ref())
                ? null
                : "You may not move aliases of this model.";
    }

    /**
     * Approves a request and moves the alias, if the other gates still let it.
     *
     * @throws Conflict when it is not open any more, or a gate has closed since
     */
    public Request approve(String model, long id, @Nullable String note) {
        var text = text(note, "note");
        var name = models.get(model).name();
        var done =
                models.alone(
                        name,
                        () -> {
                            var request = decidable(name, id);
                            var found = models.get(name);
                            var standing =
                                    standing(
                                            found,
                                            versions.find(found, Integer.toString(request.version)),
                                            request.alias);
                            if (standing.failed()) {
                                throw new Conflict(
                                        "It cannot be approved now: "
                                                + standing.gates().stream()
                                                        .filter(g -> g.state() == Gate.State.FAILED)
                                                        .map(g -> g.name() + ": " + g.why())
                                                        .findFirst()
                                                        .orElseThrow());
                            }
                            close(request, State.APPROVED, text);
                            if (!standing.holds()) {
                                move(
                                        standing,
                                        request.asker,
                                        new Models.How(
                                                Models.Manner.PROMOTION,
                                                text == null ? request.note : text,
                                                caller.entityRef()),
                                        "promotion.approve",
                                        Map.of("request", id, "asker", request.asker));
                            }
                            answer(request, "was approved");
                            return request(name, id);
                        });
        return done;
    }

    /**
     * Says no.
     *
     * @param reason whoever asked reads it
     */
    public Request decline(String model, long id, @Nullable String reason) {
        var text = text(reason, "reason");
        if (text == null) {
            throw new Invalid(
                    "Say why not: whoever asked reads it.",
                    List.of(new Invalid.Field("reason", "is missing")));
        }
        var name = models.get(model).name();
        return models.alone(
                name,
                () -> {
                    var request = decidable(name, id);
                    close(request, State.DECLINED, text);
                    audit.record(
                            "promotion.decline",
                            request.ref(),
                            Map.of(
                                    "request",
                                    id,
                                    "alias",
                                    request.alias,
                                    "version",
                                    request.version,
                                    "asker",
                                    request.asker,
                                    "reason",
                                    text));
                    answer(request, "was declined: " + text);
                    return request(name, id);
                });
    }

    /** Takes back one's own request. */
    public Request withdraw(String model, long id) {
        var name = models.get(model).name();
        return models.alone(
                name,
                () -> {
                    var request = request(name, id);
                    if (!request.asker.equals(caller.entityRef())) {
                        throw new Denied("Only whoever asked takes a request back.");
                    }
                    close(request, State.WITHDRAWN, null);
                    audit.record(
                            "promotion.withdraw",
                            request.ref(),
                            Map.of(
                                    "request",
                                    id,
                                    "alias",
                                    request.alias,
                                    "version",
                                    request.version));
                    return request(name, id);
                });
    }

    private void answer(Request request, String what) {
        tell(
                caller.entityRef(),
                request.model,
                "Your promotion of version %d of %s to %s %s"
                        .formatted(request.version, request.model, request.alias, what),
                request.address(),
                List.of(To.asker(request.asker)));
    }

    private Request decidable(String model, long id) {
        var request = request(model, id);
        var fault = whyNotDecide(request);
        if (fault != null) {
            throw new Denied(fault);
        }
        return request;
    }

    private void close(Request request, State state, @Nullable String answer) {
        if (!request.open()) {
            throw new Conflict(
                    "This request is not open any more: %s."
                            .formatted(request.state.label().toLowerCase(Locale.ROOT)));
        }
        sql.update(
                """
                update promotion_request
                set state = ?, decided_at = clock_timestamp(), decided_by = ?, answer = ?
                where id = ?
                """,
                state.id(),
                caller.entityRef(),
                answer,
                request.id);
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
        Models.checkAlias(alias);
        var text = text(reason, "reason");
        var name = models.get(model).name();
        var number =
                models.alone(
                        name,
                        () -> {
                            var now = models.get(name).aliases().get(alias);
                            if (now == null) {
                                throw new NotFound("There is no alias \"" + alias + "\".");
                            }
                            var former = models.former(name).get(alias);
                            if (former == null) {
                                throw new Conflict(
                                        "The alias \"%s\" named no version before %d, so there is nothing to go back to."
                                                .formatted(alias, now));
                            }
                            models.moveInTransaction(
                                    name,
                                    alias,
                                    expected,
                                    former,
                                    caller.entityRef(),
                                    new Models.How(Models.Manner.ROLLBACK, text, null));
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
                models.alone(
                        name,
                        () -> {
                            caller.require(Permission.ACCESS_MANAGE, null);
                            models.moveInTransaction(
                                    name,
                                    alias,
                                    expected,
                                    null,
                                    caller.entityRef(),
                                    new Models.How(Models.Manner.OVERRIDE, text, null));
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

    /** Open ones that the caller may decide, the oldest first. */
    public List<Request> waiting() {
        var open =
                sql.list(
                        SELECT + "where r.state = 'open' order by r.id limit 5000",
                        Promotions::read);
        // One look-up for all of them; each is then decided from memory.
        access.resources(open.stream().map(Request::ref).distinct().toList());
        return open.stream().filter(request -> whyNotDecide(request) == null).limit(SHOWN).toList();
    }

    /** The caller's own, the newest first. */
    public List<Request> mine() {
        return sql
                .list(
                        SELECT + "where r.asker = ? order by r.id desc limit " + SHOWN,
                        Promotions::read,
                        caller.entityRef())
                .stream()
                .filter(request -> caller.may(Permission.MODEL_READ, request.ref()))
                .toList();
    }

    /** Of a version, the newest first. */
    public List<Request> of(ModelVersion version) {
        return sql.list(
                SELECT + "where r.model = ? and r.number = ? order by r.id desc limit 20",
                Promotions::read,
                version.model(),
                version.number());
    }

    private Request request(String model, long id) {
        return sql.first(SELECT + "where r.id = ? and r.model = ?", Promotions::read, id, model)
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "The model \"%s\" has no request %d for a promotion."
                                                .formatted(model, id)));
    }

    private static Request read(ResultSet row) throws SQLException {
        return new Request(
                row.getLong(1),
                row.getString(2),
                row.getInt(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                State.valueOf(row.getString(8).toUpperCase(Locale.ROOT)),
                row.getObject(9, OffsetDateTime.class).toInstant(),
                Sql.instant(row, 10),
                row.getString(11),
                row.getString(12));
    }
}
