package dev.atelier.platform.problems;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.platform.web.Browser;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/**
 * Turns failures into answers: {@code application/problem+json} (RFC 9457) for programs, a page for
 * people, a note for htmx. Protocols of others (Backstage, Open Inference) map their own.
 */
public class ProblemMappers {

    private static final Logger LOG = Logger.getLogger(ProblemMappers.class);

    private static final int RETRY_AFTER = 5;

    /** Methods that change nothing. */
    private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS");

    /** Addresses of the Open Inference Protocol, where no resource method maps its own failures. */
    private static final Pattern INFERENCE = Pattern.compile("/v2/(models|health|repository)/");

    /** What the framework decodes forms and addresses with. */
    private static final Set<String> DECODERS =
            Set.of(
                    "org.jboss.resteasy.reactive.common.util.URLUtils",
                    "org.jboss.resteasy.reactive.common.util.Encode");

    /**
     * RFC 9457, and two members of ours.
     *
     * @param errors the fields that are wrong
     * @param ask address in the portal where one can ask for what was refused
     */
    public record Body(
            String type,
            String title,
            int status,
            String detail,
            List<Invalid.Field> errors,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String ask) {}

    @CheckedTemplate(basePath = "platform/problems")
    static class Templates {
        static native TemplateInstance problem(
                int status,
                String title,
                String detail,
                List<Invalid.Field> errors,
                @Nullable String ask);

        static native TemplateInstance problem$note(
                String title, String detail, List<Invalid.Field> errors, @Nullable String ask);
    }

    @ServerExceptionMapper
    public Response problem(Problem problem, HttpHeaders headers, RoutingContext context) {
        if (problem instanceof SignInNeeded) {
            return signIn(problem, headers, context);
        }
        var errors =
                problem instanceof Invalid invalid ? invalid.fields() : List.<Invalid.Field>of();
        var answer =
                answer(
                        problem.status(),
                        problem.title(),
                        problem.detail(),
                        errors,
                        problem.ask(),
                        headers);
        return switch (problem) {
            case Unavailable u -> retry(answer, RETRY_AFTER);
            case TooMany many -> retry(answer, many.retryAfter().toSeconds());
            default -> answer;
        };
    }

    private static Response retry(Response answer, Object seconds) {
        return Response.fromResponse(answer).header(HttpHeaders.RETRY_AFTER, seconds).build();
    }

    /** People who ask for a page are sent to sign in and come back; all others are told. */
    private static Response signIn(Problem problem, HttpHeaders headers, RoutingContext context) {
        if (Browser.of(headers) == Browser.PAGE
                && headers.getHeaderString(HttpHeaders.AUTHORIZATION) == null
                && context.request().method().equals(HttpMethod.GET)) {
            var next = URLEncoder.encode(context.request().uri(), StandardCharsets.UTF_8);
            return Response.seeOther(URI.create("/login?next=" + next)).build();
        }
        return Response.fromResponse(
                        answer(
                                problem.status(),
                                problem.title(),
                                problem.detail(),
                                List.of(),
                                headers))
                .header(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"atelier\"")
                .build();
    }

    @ServerExceptionMapper
    public Response rejected(WebApplicationException e, HttpHeaders headers, UriInfo address) {
        var given = e.getResponse();
        if (given.hasEntity() || given.getStatus() < 400) {
            return given;
        }
        var family = Response.Status.fromStatusCode(given.getStatus());
        var title = family == null ? "Error" : family.getReasonPhrase();
        var detail =
                switch (given.getStatus()) {
                    case 404 -> "There is nothing at this address.";
                    case 405 -> "This address is there, but does not take this method.";
                    case 406 -> "There is no answer of a type that the header Accept names.";
                    case 415 ->
                            "The body is of a type that is not taken at this address. Say what is sent in the header Content-Type, as the form or the documentation has it.";
                    default -> title + ".";
                };
        if (INFERENCE.matcher(address.getRequestUri().getRawPath()).lookingAt()) {
            return Response.status(given.getStatus())
                    .type(MediaType.APPLICATION_JSON_TYPE)
                    .entity(Map.of("error", detail))
                    .build();
        }
        return answer(given.getStatus(), title, detail, List.of(), headers);
    }

    @ServerExceptionMapper
    public Response defect(Throwable e, HttpHeaders headers, RoutingContext context) {
        if (context.response().headWritten()) {
            // A download that cannot be ended as promised: whoever reads it must not wait for more,
            // nor take what came for the whole.
            LOG.warnf("An answer was cut off: %s", e.getMessage());
            context.request().connection().close();
            return Response.serverError().build();
        }
        if (hungUp(e)) {
            LOG.debugf("Whoever asked hung up: %s", e.getMessage());
            return Response.status(400).build();
        }
        if (brokenEscape(e)) {
            return answer(
                    400,
                    "The form is broken",
                    "A % must be followed by two hexadecimal digits in a form or an address.",
                    List.of(),
                    headers);
        }
        if (brokenForm(e)) {
            return answer(
                    400,
                    "The form is broken",
                    "The multipart body ended before its closing boundary, or holds none. Send it again.",
                    List.of(),
                    headers);
        }
        var reference = UUID.randomUUID().toString().substring(0, 8);
        var changes = !READS.contains(context.request().method().name());
        if (DatabaseAway.causes(e)) {
            LOG.warnf("The database did not answer (reference %s): %s", reference, e.getMessage());
            var away =
                    answer(
                            503,
                            "The database is away",
                            DatabaseAway.told(changes) + " Reference " + reference + ".",
                            List.of(),
                            headers);
            return Response.fromResponse(away).header(HttpHeaders.RETRY_AFTER, RETRY_AFTER).build();
        }
        LOG.errorf(e, "Request failed, reference %s", reference);
        return answer(
                500,
                "Something broke",
                "This is a defect in the portal, not in your request."
                        + (changes
                                ? " A part of it may have been done: look before you send it again."
                                : " Nothing was changed.")
                        + " Reference "
                        + reference
                        + ".",
                List.of(),
                headers);
    }

    /**
     * The connection ended before the request did: nobody reads an answer, and nothing is wrong.
     */
    private static boolean hungUp(Throwable e) {
        for (var at = e; at != null; at = at.getCause()) {
            if (at instanceof HttpClosedException) {
                return true;
            }
        }
        return false;
    }

    /** Nor one for a text it cannot decode. */
    private static boolean brokenEscape(Throwable e) {
        return e instanceof IllegalArgumentException
                && Arrays.stream(e.getStackTrace())
                        .limit(3)
                        .map(StackTraceElement::getClassName)
                        .anyMatch(DECODERS::contains);
    }

    /** The framework has no exception of its own for a form it cannot read to its end. */
    private static boolean brokenForm(Throwable e) {
        return e instanceof IOException
                && e.getStackTrace().length > 0
                && e.getStackTrace()[0]
                        .getClassName()
                        .startsWith("org.jboss.resteasy.reactive.server.core.multipart.");
    }

    private static Response answer(
            int status,
            String title,
            String detail,
            List<Invalid.Field> errors,
            HttpHeaders headers) {
        return answer(status, title, detail, errors, null, headers);
    }

    private static Response answer(
            int status,
            String title,
            String detail,
            List<Invalid.Field> errors,
            @Nullable String ask,
            HttpHeaders headers) {
        return switch (Browser.of(headers)) {
            case PAGE ->
                    Response.status(status)
                            .type(MediaType.TEXT_HTML_TYPE)
                            .entity(Templates.problem(status, title, detail, errors, ask))
                            .build();
            case HTMX ->
                    Response.status(status)
                            .type(MediaType.TEXT_HTML_TYPE)
                            .entity(Templates.problem$note(title, detail, errors, ask))
                            .build();
            case NONE ->
                    Response.status(status)
                            .type("application/problem+json")
                            .entity(new Body("about:blank", title, status, detail, errors, ask))
                            .build();
        };
    }
}
