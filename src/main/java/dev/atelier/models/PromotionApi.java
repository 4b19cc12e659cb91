package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Promotion for programs. */
@Path("/api/v1/models/{name}/versions/{version}/promotion")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class PromotionApi {

    /**
     * What is wanted.
     *
     * @param expected the version that the alias must name now; 0 when it must not exist yet
     * @param note for whoever approves
     * @param override why an administrator goes past the gates
     */
    public record Wish(
            @Nullable String alias,
            @Nullable Integer expected,
            @Nullable String note,
            @Nullable String override) {}

    /** A gate as programs read it. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record GateAnswer(
            String id, String name, String state, String why, @Nullable String todo) {
        static GateAnswer of(Gate gate) {
            return new GateAnswer(
                    gate.id(),
                    gate.name(),
                    gate.state().name().toLowerCase(Locale.ROOT),
                    gate.why(),
                    gate.todo());
        }
    }

    /** A request as programs read it. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record RequestAnswer(
            long id,
            String model,
            int version,
            String alias,
            String asker,
            @Nullable String note,
            String state,
            Instant askedAt,
            @Nullable Instant decidedAt,
            @Nullable String decidedBy,
            @Nullable String answer) {
        static RequestAnswer of(PromotionRequest request) {
            return new RequestAnswer(
                    request.id(),
                    request.model(),
                    request.version(),
                    request.alias(),
                    request.asker(),
                    request.note(),
                    request.state().id(),
                    request.askedAt(),
                    request.decidedAt(),
                    request.decidedBy(),
                    request.answer());
        }
    }

    /**
     * How it stands.
     *
     * @param result promoted, unchanged, waiting or refused; null when nothing was asked for
     * @param detail the result in a sentence
     * @param holder the version that the alias named before
     * @param guarded whether gates stand before the alias at all
     * @param page where people see the same
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record StandingAnswer(
            @Nullable String result,
            String detail,
            String model,
            int version,
            String alias,
            @Nullable Integer holder,
            boolean guarded,
            List<GateAnswer> gates,
            @Nullable RequestAnswer request,
            String page) {

        static StandingAnswer of(Promotions.@Nullable Result result, Standing at) {
            var request = at.request();
            return new StandingAnswer(
                    result == null ? null : result.name().toLowerCase(Locale.ROOT),
                    sentence(result, at),
                    at.version().model(),
                    at.version().number(),
                    at.alias(),
                    at.holder(),
                    at.guarded(),
                    at.gates().stream().map(GateAnswer::of).toList(),
                    request == null ? null : RequestAnswer.of(request),
                    Promotions.address(at.version().model(), at.version().number(), at.alias()));
        }

        private static String sentence(Promotions.@Nullable Result result, Standing at) {
            return switch (result) {
                case null ->
                        at.failed()
                                ? refused(at)
                                : at.waits()
                                        ? "Only another person's approval is missing."
                                        : "All gates are open.";
                case PROMOTED ->
                        "Version %d of %s is its %s now."
                                .formatted(at.version().number(), at.version().model(), at.alias());
                case UNCHANGED ->
                        "Version %d of %s was its %s already."
                                .formatted(at.version().number(), at.version().model(), at.alias());
                case WAITING -> "It waits for another person's approval.";
                case REFUSED -> refused(at);
            };
        }

        private static String refused(Standing at) {
            var first =
                    at.gates().stream()
                            .filter(gate -> gate.state() == Gate.State.FAILED)
                            .findFirst()
                            .orElseThrow();
            return "A gate is closed: %s. %s".formatted(first.name(), first.why());
        }
    }

    private final Promotions promotions;

    PromotionApi(Promotions promotions) {
        this.promotions = promotions;
    }

    @Needs(value = Permission.MODEL_READ, model = "name")
    @GET
    public StandingAnswer look(
            @PathParam("name") String name,
            @PathParam("version") String version,
            @QueryParam("alias") @Nullable String alias) {
        return StandingAnswer.of(
                null, promotions.look(name, version, alias == null ? Aliases.CHAMPION : alias));
    }

    /**
     * 200 when the alias names the version, 202 when it waits for approval, 409 when a gate is
     * closed.
     */
    @Needs(value = Permission.MODEL_ALIAS, model = "name")
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Response promote(
            @PathParam("name") String name, @PathParam("version") String version, Wish wish) {
        if (wish == null || wish.alias == null) {
            throw new Invalid(
                    "Say which alias shall name the version.",
                    List.of(new Invalid.Field("alias", "is missing")));
        }
        var outcome =
                promotions.promote(
                        name, version, wish.alias, wish.expected, wish.note, wish.override);
        var status =
                switch (outcome.result()) {
                    case PROMOTED, UNCHANGED -> 200;
                    case WAITING -> 202;
                    case REFUSED -> 409;
                };
        return Response.status(status)
                .entity(StandingAnswer.of(outcome.result(), outcome.standing()))
                .build();
    }
}
