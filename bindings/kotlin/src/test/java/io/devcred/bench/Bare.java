package io.devcred.bench;

/** The JVM alone, beside which the first call is measured. */
public final class Bare {
    private Bare() {}

    public static void main(String[] arguments) {}
}
