package dev.atelier.identity;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A route that needs no permission. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Open {

    /** Whom a route without a permission serves. */
    enum To {
        /** Whoever reaches the portal, signed in or not. */
        EVERYONE,
        /** Whoever is signed in: their own account. */
        SIGNED_IN
    }

    To value();

    /** Why no permission is asked. */
    String because();
}
