/** Scenarios an operator can read: text files of given, when and then, walked by one test. */
package org.mainstay.core.decision.scenario;
