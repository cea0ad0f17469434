/** What decision cores of different servers tell each other. */
package org.mainstay.core.decision.message;
