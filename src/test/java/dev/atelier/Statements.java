package dev.atelier;

import io.agroal.api.AgroalDataSource;
import io.quarkus.arc.ClientProxy;
import io.quarkus.test.junit.QuarkusMock;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what requests ask of the database, for tests that bound it. Only what is asked on
 * requests' threads and on the test's own: what goes on in the background is not theirs.
 */
public final class Statements {

    private static final List<String> ASKED = new CopyOnWriteArrayList<>();

    private static volatile @Nullable Thread asking;

    private Statements() {}

    /** Looks on from now on until the end of the test, or class, that this is called in. */
    public static void watch(AgroalDataSource database) {
        QuarkusMock.installMockForType(
                through(AgroalDataSource.class, ClientProxy.unwrap(database)),
                AgroalDataSource.class);
    }

    /** The statements that this makes the portal prepare, in their order. */
    public static List<String> of(Runnable request) {
        ASKED.clear();
        asking = Thread.currentThread();
        request.run();
        return new ArrayList<>(ASKED);
    }

    private static <T> T through(Class<T> type, T target) {
        InvocationHandler handler =
                (_, method, arguments) -> {
                    if (isStatement(method)
                            && arguments != null
                            && arguments[0] instanceof String sql
                            && isWatched(Thread.currentThread())) {
                        ASKED.add(sql.strip().replaceAll("\\s+", " "));
                    }
                    try {
                        var result = method.invoke(target, arguments);
                        return result instanceof Connection connection
                                ? through(Connection.class, connection)
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                };
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static boolean isWatched(Thread thread) {
        return thread == asking || thread.getName().startsWith("quarkus-virtual-thread");
    }

    private static boolean isStatement(Method method) {
        return method.getName().startsWith("prepare");
    }
}
