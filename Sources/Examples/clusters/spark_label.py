"""Labels the movies of a list with Spark: each partition is piped through vidclass.

    spark-submit spark_label.py all-movies.txt model.safetensors out/ 100
    vidclass merge out/part-* -o labels.jsonl --expect all-movies.txt
"""
import os
import pathlib
import shlex
import sys

from pyspark.sql import SparkSession

movies, model, output, partitions = sys.argv[1:5]
script = pathlib.Path(__file__).with_name("label-lines.sh").resolve()

spark = SparkSession.builder.appName("vidclass").getOrCreate()
paths = spark.sparkContext.textFile(movies).repartition(int(partitions))
# A task that fails is done again by Spark; checkCode makes it notice. Without env there is no PATH.
command = shlex.join(["sh", str(script), model])
paths.pipe(command, env=dict(os.environ), checkCode=True).saveAsTextFile(output)
spark.stop()
