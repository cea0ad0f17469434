/** Recovery kit: Redis. */
package com.example.redis;
