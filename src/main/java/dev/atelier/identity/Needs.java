package dev.atelier.identity;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a caller must be allowed to reach a route. Each route has this or {@link Open}; the one on
 * the method goes before the one on the class. A route with neither is refused.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Needs {

    Permission value();

    /**
     * The path parameter that names the model it is about; empty when it is about none, or when the
     * method asks {@link Caller#require} itself because only it knows.
     */
    String model() default "";
}
