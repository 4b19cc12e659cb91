package dev.atelier.models;

import dev.atelier.identity.Access;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Where a team, or an administrator for all, sets what opens its aliases. */
@Path("/gates")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class GatePages {

    private static final int BLANK_ROWS = 2;

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance gates(Page page);
    }

    /** A box of the form. */
    public record Box(String id, String label, String sentence, boolean on) {}

    /** A metric in the form; the name is empty in rows that are still free. */
    public record MetricRow(int n, String metric, boolean lower, String tolerance) {}

    /** A team in the list. */
    public record TeamRow(String team, String name, boolean own) {
        public String address() {
            return GatePages.address(team);
        }
    }

    /**
     * Everything on the page.
     *
     * @param own whether the team has a set of its own
     */
    public record Page(
            GateSets.GateSet set,
            boolean own,
            boolean may,
            boolean admin,
            List<TeamRow> teams,
            List<Box> card,
            List<Box> scan,
            List<MetricRow> metrics,
            @Nullable String fault) {
        public String heading() {
            return set.isDefault() ? "Gates of all teams" : "Gates of " + set.name();
        }

        public String aliases() {
            return String.join(", ", set.aliases());
        }

        public String headings() {
            return String.join(", ", set.rules().headings());
        }
    }

    private final GateSets sets;
    private final Models models;
    private final Access access;
    private final Caller caller;

    GatePages(GateSets sets, Models models, Access access, Caller caller) {
        this.sets = sets;
        this.models = models;
        this.access = access;
        this.caller = caller;
    }

    static String address(String team) {
        return team.equals(GateSets.DEFAULT)
                ? "/gates"
                : "/gates?team=" + URLEncoder.encode(team, StandardCharsets.UTF_8);
    }

    @Needs(Permission.CATALOG_READ)
    @GET
    public TemplateInstance gates(@RestQuery @Nullable String team) {
        return page(sets.at(name(team)), null);
    }

    private static String name(@Nullable String team) {
        return team == null || team.isBlank() ? GateSets.DEFAULT : team.strip();
    }

    private TemplateInstance page(GateSets.GateSet set, @Nullable String fault) {
        var rules = set.rules();
        var rows = new ArrayList<MetricRow>();
        rules.metrics()
                .forEach(
                        rule ->
                                rows.add(
                                        new MetricRow(
                                                rows.size() + 1,
                                                rule.metric(),
                                                rule.better() == GateRules.MetricRule.Better.LOWER,
                                                plain(rule.tolerance()))));
        for (int i = 0; i < BLANK_ROWS; i++) {
            rows.add(new MetricRow(rows.size() + 1, "", false, "0"));
        }
        return Templates.gates(
                new Page(
                        set,
                        sets.find(set.team()).isPresent(),
                        sets.mayChange(set.team()),
                        caller.may(Permission.ACCESS_MANAGE),
                        teams(),
                        Arrays.stream(GateRules.CardPart.values())
                                .map(
                                        part ->
                                                new Box(
                                                        part.id(),
                                                        part.label(),
                                                        part.sentence(),
                                                        rules.card().contains(part)))
                                .toList(),
                        Arrays.stream(GateRules.Flaw.values())
                                .map(
                                        flaw ->
                                                new Box(
                                                        flaw.id(),
                                                        flaw.label(),
                                                        flaw.sentence(),
                                                        rules.scan().contains(flaw)))
                                .toList(),
                        rows,
                        fault));
    }

    private static String plain(double tolerance) {
        return new BigDecimal(Double.toString(tolerance)).stripTrailingZeros().toPlainString();
    }

    /** Teams that have a set, own a model, or have the caller in them. */
    private List<TeamRow> teams() {
        var own = new TreeSet<String>();
        sets.list().stream().map(GateSets.GateSet::team).forEach(own::add);
        var all = new TreeSet<>(own);
        all.addAll(caller.signedIn().teams());
        var refs = models.list().stream().map(model -> Resource.model(model.name())).toList();
        for (var resource : access.resources(refs)) {
            var owner = resource.owner();
            if (owner != null && owner.startsWith("group:")) {
                all.add(owner);
            }
        }
        all.remove(GateSets.DEFAULT);
        var rows = new ArrayList<TeamRow>();
        rows.add(new TeamRow(GateSets.DEFAULT, "All others", own.contains(GateSets.DEFAULT)));
        all.forEach(
                team ->
                        rows.add(
                                new TeamRow(
                                        team,
                                        team.substring(team.indexOf('/') + 1),
                                        own.contains(team))));
        return rows;
    }

    @Needs(Permission.MODEL_ALIAS)
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response change(
            @RestForm @Nullable String team,
            @RestForm @Nullable String aliases,
            @RestForm List<String> card,
            @RestForm @Nullable String headings,
            @RestForm List<String> scan,
            @RestForm List<String> metric,
            @RestForm List<String> better,
            @RestForm List<String> tolerance,
            @RestForm boolean approval,
            @RestForm boolean locked) {
        var name = name(team);
        try {
            sets.change(
                    name,
                    words(aliases),
                    new GateRules(
                            chosen(GateRules.CardPart.class, card, GateRules.CardPart::of),
                            words(headings),
                            chosen(GateRules.Flaw.class, scan, GateRules.Flaw::of),
                            metrics(metric, better, tolerance),
                            approval),
                    caller.may(Permission.ACCESS_MANAGE) ? locked : null);
        } catch (Invalid e) {
            return Response.status(422).entity(page(sets.at(name), e.detail())).build();
        }
        return Response.seeOther(URI.create(address(name))).build();
    }

    private static List<String> words(@Nullable String text) {
        return text == null
                ? List.of()
                : Stream.of(text.split(",")).map(String::strip).filter(w -> !w.isEmpty()).toList();
    }

    private static <E extends Enum<E>> Set<E> chosen(
            Class<E> type, List<String> ids, Function<String, E> of) {
        var all = EnumSet.noneOf(type);
        for (var id : ids) {
            try {
                all.add(of.apply(id));
            } catch (IllegalArgumentException e) {
                throw new Invalid("\"%s\" is no gate.".formatted(id));
            }
        }
        return all;
    }

    private static List<GateRules.MetricRule> metrics(
            List<String> names, List<String> better, List<String> tolerance) {
        if (better.size() != names.size() || tolerance.size() != names.size()) {
            throw new Invalid("Each metric needs a direction and a tolerance.");
        }
        return IntStream.range(0, names.size())
                .filter(i -> !names.get(i).isBlank())
                .mapToObj(i -> metric(names.get(i).strip(), better.get(i), tolerance.get(i)))
                .toList();
    }

    private static GateRules.MetricRule metric(String name, String better, String tolerance) {
        try {
            return new GateRules.MetricRule(
                    name,
                    GateRules.MetricRule.Better.of(better),
                    tolerance.isBlank() ? 0 : Double.parseDouble(tolerance.strip()));
        } catch (IllegalArgumentException e) {
            throw new Invalid(
                    "The tolerance of %s is a number, say 0.01.".formatted(name),
                    List.of(new Invalid.Field("tolerance", "is no number")));
        }
    }

    @Needs(Permission.MODEL_ALIAS)
    @POST
    @Path("removal")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response drop(@RestForm @Nullable String team) {
        var name = name(team);
        sets.drop(name);
        return Response.seeOther(URI.create(address(name))).build();
    }
}
