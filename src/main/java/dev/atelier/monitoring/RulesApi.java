package dev.atelier.monitoring;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.models.Models;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What opens a model's incidents, for scripts. */
@Path("/api/v1/monitoring/rules/{model}")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_READ, model = "model")
public class RulesApi {

    /**
     * Members that are left out are as usual.
     *
     * @param off kinds that open none: {@code drift}, {@code output}, {@code data}
     */
    public record Given(
            @Nullable Set<String> off,
            @Nullable Set<String> ignored,
            @Nullable Integer columns,
            @Nullable Integer inARow,
            @Nullable Integer quiet) {

        Rules rules() {
            var usual = Rules.USUAL;
            return new Rules(
                            IncidentKind.of(off == null ? Set.of() : off),
                            ignored == null ? Set.of() : ignored,
                            columns == null ? usual.columns() : columns,
                            inARow == null ? usual.inARow() : inARow,
                            quiet == null ? usual.quiet() : quiet)
                    .checked();
        }
    }

    /**
     * @param tested what they would have done within the last 30 days
     */
    public record Answer(Rules rules, Tested tested, boolean saved) {}

    public record Tested(
            int windows, int times, Map<IncidentKind, Integer> byKind, String finding) {
        static Tested of(Backtest.Outcome outcome) {
            return new Tested(outcome.windows(), outcome.all(), outcome.times(), outcome.finding());
        }
    }

    private final Models models;
    private final ModelRules rules;
    private final Backtest backtest;

    RulesApi(Models models, ModelRules rules, Backtest backtest) {
        this.models = models;
        this.rules = rules;
        this.backtest = backtest;
    }

    @GET
    public Answer get(@PathParam("model") String model) {
        var name = models.get(model).name();
        var now = rules.of(name);
        return new Answer(now, Tested.of(backtest.of(name, now)), true);
    }

    /**
     * @param dry {@code true} tells what they would have done, and saves nothing
     */
    @Needs(value = Permission.INCIDENT_HANDLE, model = "model")
    @PUT
    @Consumes(MediaType.APPLICATION_JSON)
    public Answer put(
            @PathParam("model") String model, @QueryParam("dry") boolean dry, Given given) {
        var name = models.get(model).name();
        var wanted = given.rules();
        if (!dry) {
            rules.change(name, wanted);
        }
        return new Answer(wanted, Tested.of(backtest.of(name, wanted)), !dry);
    }
}
