package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The gates of teams as JSON. */
@Path("/api/v1/gates")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class GateApi {

    /**
     * The gates of a team.
     *
     * @param team reference of a group; left out in the set that counts for all others
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record SetAnswer(
            @Nullable String team,
            List<String> aliases,
            Set<GateRules.CardPart> card,
            List<String> headings,
            Set<GateRules.Flaw> scan,
            List<GateRules.MetricRule> metrics,
            boolean approval,
            boolean locked,
            @Nullable Instant changedAt,
            @Nullable String changedBy) {
        static SetAnswer of(GateSets.GateSet set) {
            var rules = set.rules();
            return new SetAnswer(
                    set.isDefault() ? null : set.team(),
                    set.aliases(),
                    rules.card(),
                    rules.headings(),
                    rules.scan(),
                    rules.metrics(),
                    rules.approval(),
                    set.locked(),
                    set.changedAt(),
                    set.changedBy());
        }
    }

    /** A set as it is sent; what is left out is not asked for. */
    public record Wish(
            @Nullable List<String> aliases,
            @Nullable Set<GateRules.CardPart> card,
            @Nullable List<String> headings,
            @Nullable Set<GateRules.Flaw> scan,
            @Nullable List<GateRules.MetricRule> metrics,
            boolean approval,
            @Nullable Boolean locked) {}

    private final GateSets sets;

    GateApi(GateSets sets) {
        this.sets = sets;
    }

    @Needs(Permission.CATALOG_READ)
    @GET
    public List<SetAnswer> list() {
        return sets.list().stream().map(SetAnswer::of).toList();
    }

    @Needs(Permission.MODEL_ALIAS)
    @PUT
    @Consumes(MediaType.APPLICATION_JSON)
    public SetAnswer change(@QueryParam("team") @Nullable String team, Wish wish) {
        sets.require(team == null ? GateSets.DEFAULT : team, null);
        if (wish == null || wish.aliases == null) {
            throw new Invalid(
                    "Say which aliases are guarded.",
                    List.of(new Invalid.Field("aliases", "is missing")));
        }
        return SetAnswer.of(
                sets.change(
                        team == null ? GateSets.DEFAULT : team,
                        wish.aliases,
                        new GateRules(
                                wish.card == null ? Set.of() : wish.card,
                                wish.headings == null ? List.of() : wish.headings,
                                wish.scan == null ? Set.of() : wish.scan,
                                wish.metrics == null ? List.of() : wish.metrics,
                                wish.approval),
                        wish.locked));
    }

    @Needs(Permission.MODEL_ALIAS)
    @DELETE
    public void drop(@QueryParam("team") @Nullable String team) {
        sets.drop(team == null ? GateSets.DEFAULT : team);
    }
}
