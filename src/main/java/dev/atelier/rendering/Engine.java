package dev.atelier.rendering;

import org.jspecify.annotations.Nullable;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.ContextFactory;
import org.mozilla.javascript.Function;
import org.mozilla.javascript.RhinoException;
import org.mozilla.javascript.Script;
import org.mozilla.javascript.ScriptableObject;

/**
 * Nunjucks on Rhino. Each request has a scope of its own, so that no template changes the next
 * one's; no scope reaches a Java class.
 */
final class Engine {

    private static final int DEEPEST = 20_000;

    private final ContextFactory contexts =
            new ContextFactory() {
                @Override
                protected Context makeContext() {
                    var context = super.makeContext();
                    context.setLanguageVersion(Context.VERSION_ES6);
                    context.setClassShutter(_ -> false);
                    return context;
                }
            };

    private final Script library;
    private final Script requests;
    private @Nullable ScriptableObject next;

    Engine(String library, String requests) {
        try (var context = contexts.enterContext()) {
            // Compiled, since every request runs through it; what templates become is interpreted.
            this.library =
                    context.compileString(
                            "var window={};var self=window;" + library + "\n", "nunjucks", 1, null);
            this.requests = context.compileString(requests, "requests", 1, null);
        }
    }

    /**
     * Goes a few times through what requests need, so that the first is not the slow one: most of
     * its time is the virtual machine's, which has compiled none of it yet.
     */
    void warmUp() {
        for (int i = 0; i < 8; i++) {
            prepare();
            answer(
                    """
                    {"kind":"value","context":{"a":{"b":[1,"x"]}},"value":\
                    {"k":"${{ a.b[0] + 1 }}","t":"v${{ a.b | join }}{% if a %}y{% endif %}"}}""");
            prepare();
            answer(
                    """
                    {"kind":"texts","context":{"a":{"b":[1,"x"]}},"texts":[{"name":"a/${{ a.b[0] }}",\
                    "text":"{%- for x in a.b %}\\n{% if x == 1 %}${{ x | string | upper }}\\n\
                    {% else %}line {# said #}\\n{% endif %}{% endfor %}"}]}""");
        }
    }

    /** Makes the scope of the next request, while nobody waits for it. */
    ScriptableObject prepare() {
        var known = next;
        if (known != null) {
            return known;
        }
        try (var context = contexts.enterContext()) {
            context.setInterpretedMode(true);
            var scope = context.initSafeStandardObjects();
            library.exec(context, scope);
            requests.exec(context, scope);
            next = scope;
            return scope;
        }
    }

    /** JSON for JSON. */
    String answer(String request) {
        var scope = prepare();
        next = null;
        try (var context = contexts.enterContext()) {
            context.setInterpretedMode(true);
            context.setMaximumInterpreterStackDepth(DEEPEST);
            var answer = (Function) scope.get("answer", scope);
            return Context.toString(answer.call(context, scope, scope, new Object[] {request}));
        } catch (StackOverflowError _) {
            return failed("it is nested too deeply");
        } catch (RhinoException e) {
            return failed(
                    e.details().contains("too deep") ? "it is nested too deeply" : e.details());
        } catch (RuntimeException e) {
            // The engine's own limits, a text of more than 2^31 letters say.
            return failed("it is more than the engine can do: " + e.getMessage());
        }
    }

    private static String failed(String reason) {
        var text = new StringBuilder("{\"error\":{\"reason\":\"");
        for (char c : reason.toCharArray()) {
            text.append(c == '"' || c == '\\' ? "\\" + c : c < ' ' ? " " : String.valueOf(c));
        }
        return text.append("\"}}").toString();
    }
}
